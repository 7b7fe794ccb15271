"""Which pods Prometheus reads."""

import json

from nas_dev.cluster import discovery


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
    assert json.loads(discovery.render({"1": pod(), "2": silent}, discovery.target)) == [discovery.target(pod())]


def test_operators_without_the_annotation_are_targets_of_their_own() -> None:
    asked, other = pod(), pod()
    for each in (asked, other):
        each["metadata"]["labels"] = discovery.OPERATOR
    asked["metadata"]["annotations"] = {}
    wanted = {"targets": ["10.244.0.9:8000"], "labels": {"namespace": "n", "pod": "p"}}
    assert (discovery.target(asked), discovery.operator_target(asked)) == (None, wanted)
    assert discovery.operator_target(other) is None, "it is open, and found by its annotation"
    assert discovery.operator_target(pod()) is None
