"""What the components are told."""

import json
from pathlib import Path

import pytest

from nas_dev import cli
from nas_dev.cluster import certs, discovery, kubelet, mounts, prometheus
from nas_dev.cluster.containers import cni_config, containerd_config
from nas_dev.cluster.embedded import Cluster
from nas_dev.cluster.s3 import S3
from nas_dev.images.build import index_settings
from nas_dev.setup import kubernetes_build, system

HERE = Path("/state/dev")


def test_kubernetes_version_comes_from_its_go_mod() -> None:
    version = kubernetes_build.version((kubernetes_build.SOURCES / "go.mod").read_text())
    assert version.startswith("v1.")
    assert f"gitVersion={version}" in kubernetes_build.linker_flags(version)
    assert "gitMinor=34" in kubernetes_build.linker_flags("v1.34.4")
    with pytest.raises(ValueError, match="requires no"):
        kubernetes_build.version("module x")


def test_containerd_writes_only_below_the_cluster() -> None:
    config = containerd_config(HERE)
    for setting in ("root", "state", "address", "conf_dir"):
        assert f'{setting} = "{HERE}/' in config
    assert "restrict_oom_score_adj = true" in config
    assert json.loads(cni_config(HERE))["plugins"][0]["ipMasq"] is False


def test_kubelet_keeps_to_its_cgroup_and_leaves_no_firewall_rules() -> None:
    config = json.loads(kubelet.kubelet_config(HERE, "nas-dev"))
    assert config["cgroupRoot"] == "/nas-dev"
    assert config["makeIPTablesUtilChains"] is False
    assert config["maxPods"] == 110


def test_kubeconfigs_are_complete() -> None:
    config = json.loads(certs.kubeconfig("https://x:1", Path("/ca"), "secret"))
    assert config["clusters"][0]["cluster"] == {"server": "https://x:1", "certificate-authority": "/ca"}
    assert config["current-context"] == config["contexts"][0]["name"]


def test_prometheus_may_only_read_pods() -> None:
    role, binding = prometheus.access()
    assert role["rules"] == [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]}]
    assert binding["subjects"][0]["name"] == certs.USERS["prometheus"][0]  # type: ignore[index]
    assert json.loads(prometheus.scrape_config(HERE / "t.json"))["global"]["scrape_interval"] == "2s"


def pod(**changes: object) -> discovery.Pod:
    annotations = {"prometheus.io/scrape": "true", "prometheus.io/port": "8000"}
    metadata = {"name": "p", "namespace": "n", "uid": "u", "annotations": annotations}
    return {"metadata": metadata, "status": {"phase": "Running", "podIP": "10.244.0.9", **changes}}


def test_discovery_targets_running_pods_that_ask_for_it() -> None:
    assert discovery.target(pod()) == {"targets": ["10.244.0.9:8000"], "labels": {"namespace": "n", "pod": "p"}}
    assert discovery.target(pod(phase="Succeeded")) is None
    assert discovery.target(pod(podIP=None)) is None
    silent = pod()
    silent["metadata"]["annotations"] = None
    assert discovery.target(silent) is None
    moved = pod()
    moved["metadata"]["annotations"]["prometheus.io/path"] = "/m"
    assert discovery.target(moved)["labels"]["__metrics_path__"] == "/m"  # type: ignore[index]
    assert json.loads(discovery.render({"1": pod(), "2": silent})) == [discovery.target(pod())]


def test_index_settings_follow_the_environment_and_are_empty_without() -> None:
    pip, uv = index_settings({"PIP_INDEX_URL": "https://index.example/simple"})
    assert "index-url = https://index.example/simple" in pip
    assert 'index-url = "https://index.example/simple"' in uv
    assert "index" not in "".join(index_settings({}))


def test_mounts_below_a_directory_deepest_first() -> None:
    table = "a /c/d x 0 0\nb /c/d/e x 0 0\nc /c/dx x 0 0\nd /c/d\\040f/g x 0 0\n"
    assert mounts.mounts_below(Path("/c/d"), table) == ["/c/d/e", "/c/d"]
    assert mounts.mounts_below(Path("/c/d f"), table) == ["/c/d f/g"]


def test_missing_packages_are_those_not_installed() -> None:
    assert system.missing(["no-such-package-anywhere"]) == ["no-such-package-anywhere"]


def test_a_cluster_chooses_its_ports_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAS_DEV_CACHE", str(tmp_path))
    one, two = Cluster("one"), Cluster("two")
    assert one.server == Cluster("one").server != two.server
    assert one.s3 == Cluster("one").s3
    assert one.s3.host_endpoint != two.s3.host_endpoint
    assert one.s3.pod_endpoint == two.s3.pod_endpoint == "http://10.244.0.1:8333"
    with pytest.raises(ValueError, match="name"):
        Cluster("../x")


def test_s3_is_strict_and_keeps_its_secret_out_of_the_command_line(tmp_path: Path) -> None:
    daemon = S3("dev", tmp_path, Path("/weed"), "key", "secret", 1).daemon()
    assert "-s3.autoCreateBucket=false" in daemon.argv
    assert "secret" not in " ".join(str(word) for word in daemon.argv)
    assert daemon.env["AWS_SECRET_ACCESS_KEY"] == "secret"


def test_every_verb_has_a_summary() -> None:
    text = cli.parser().format_help()
    for verb in ("setup", "venv", "cluster-up", "cluster-down", "cluster-status", "images", "env", "kubectl"):
        assert verb in text
