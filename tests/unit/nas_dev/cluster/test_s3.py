"""The S3 server, as far as it can be looked at without one."""

from pathlib import Path

import pytest

from nas_dev.cluster.process import DaemonFailed
from nas_dev.cluster.s3 import S3


def test_a_cache_that_the_server_could_not_see_is_refused_before_anything_is_built_on_it() -> None:
    with pytest.raises(DaemonFailed, match="set NAS_DEV_CACHE to a folder outside /tmp"):
        S3("dev", Path("/tmp/cache/clusters/dev"), Path("/tmp/cache/weed"), "key", "secret", 1).start()


def test_s3_is_strict_and_keeps_its_secret_out_of_the_command_line(tmp_path: Path) -> None:
    daemon = S3("dev", tmp_path, Path("/weed"), "key", "secret", 1).daemon()
    assert "-s3.autoCreateBucket=false" in daemon.argv
    assert "secret" not in " ".join(str(word) for word in daemon.argv)
    assert daemon.env["AWS_SECRET_ACCESS_KEY"] == "secret"
