"""What a cluster is made of, as far as it can be looked at without starting one."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from nas_dev.cluster.embedded import Cluster


def test_a_cluster_chooses_its_ports_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAS_DEV_CACHE", str(tmp_path))
    one, two = Cluster("one"), Cluster("two")
    assert one.server == Cluster("one").server != two.server
    assert one.s3 == Cluster("one").s3
    assert one.s3.host_endpoint != two.s3.host_endpoint
    assert one.s3.pod_endpoint == two.s3.pod_endpoint == "http://10.244.0.1:8333"
    with pytest.raises(ValueError, match="name"):
        Cluster("../x")


def test_every_module_that_a_process_of_the_cluster_runs_exists(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NAS_DEV_CACHE", str(tmp_path))
    cluster = Cluster("one")
    own = [daemon.argv for daemon in cluster._daemons().values() if "-m" in daemon.argv]
    modules = [str(argv[list(argv).index("-m") + 1]) for argv in own]
    assert len(modules) == 3
    assert all(find_spec(module) for module in modules)
