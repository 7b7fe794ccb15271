"""What the played kubelet writes is read by the operator as what it stands for."""

from __future__ import annotations

import pytest
from tests.chaos.node_faults import EVICTED, OUT_OF_MEMORY, PREEMPTED, STOPPED_UNSEEN
from tests.chaos.pod_status import End, begun, ended, waiting
from tests.support.factories import raw_pod
from tests.support.kube import Json

from nas_core.records.names import TRIAL_CONTAINER
from nas_core.records.pod import PodView


def pod(*beside: str) -> Json:
    containers = [{"name": name, "image": "localhost/trial:1"} for name in (TRIAL_CONTAINER, *beside)]
    scheduled = {"conditions": [{"type": "PodScheduled", "status": "True"}]}
    return raw_pod("s-00000-a1", "s-00000", scheduled) | {"spec": {"containers": containers}}


def after(end: End, *beside: str) -> PodView:
    running = pod(*beside)
    running["status"] |= begun(running)
    return PodView.of(running | {"status": running["status"] | ended(running, end)})


def test_a_pod_that_waits_for_its_image_says_so() -> None:
    waits = pod()
    view = PodView.of(waits | {"status": waiting(waits, "ErrImagePull")})
    assert (view.phase, view.waiting) == ("Pending", "ErrImagePull")


@pytest.mark.parametrize(
    ("end", "code", "of_container", "of_pod"),
    [
        (EVICTED, 137, "Error", "Evicted"),
        (PREEMPTED, 75, "Error", "Terminated"),
        (STOPPED_UNSEEN, 75, "Error", None),
        (OUT_OF_MEMORY, 137, "OOMKilled", None),
        (End(0, "{}"), 0, "Completed", None),
    ],
)
def test_each_end_is_told_as_kubelet_does(end: End, code: int, of_container: str, of_pod: str | None) -> None:
    view = after(end)
    assert (view.exit_code, view.exit_reason, view.reason) == (code, of_container, of_pod)
    assert view.phase == ("Failed" if code else "Succeeded") and view.started and view.finished


def test_a_disruption_is_told_beside_what_was_known() -> None:
    running = pod()
    running["status"] |= begun(running)
    kinds = [one["type"] for one in ended(running, EVICTED)["conditions"]]
    assert kinds == ["PodScheduled", "DisruptionTarget"]


def test_a_container_beside_the_trials_runs_on() -> None:
    view = after(End(0, "{}"), "mesh")
    assert (view.phase, view.exit_code) == ("Running", 0)
    assert after(EVICTED, "mesh").phase == "Failed", "the kubelet ends the whole pod"
