"""The S3 server, as far as it can be looked at without one."""

from pathlib import Path

import pytest

from nas_dev.cluster.process import DaemonFailed
from nas_dev.cluster.s3 import S3


def test_a_cache_that_the_server_could_not_see_is_refused_before_anything_is_built_on_it() -> None:
    with pytest.raises(DaemonFailed, match="set NAS_DEV_CACHE to a folder outside /tmp"):
        S3("dev", Path("/tmp/cache/clusters/dev"), Path("/tmp/cache/weed"), "key", "secret", 1).start()
