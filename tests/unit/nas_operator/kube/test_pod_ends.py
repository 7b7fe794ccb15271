from __future__ import annotations

from typing import Any

from tests.support.factories import START, raw_job, raw_pod, stamp

from nas_core.records.pod import PodView
from nas_operator.kube import pod_ends
from nas_operator.kube.pod_ends import PodEnds
from nas_operator.kube.stores import Stores


def raw(message: str = "", job: str = "s-00000-a1", version: int = 1, **terminated: Any) -> dict[str, Any]:
    ended = {"exitCode": 0, "startedAt": stamp(START), "finishedAt": stamp(START), "message": message} | terminated
    status = {"phase": "Running", "containerStatuses": [{"name": "trial", "state": {"terminated": ended}}]}
    return raw_pod(job, "s-00000", status, resourceVersion=str(version))


def running(version: int = 1) -> dict[str, Any]:
    return raw_pod("s-00000-a1", "s-00000", {"phase": "Running"}, resourceVersion=str(version))


def kept(stores: Stores) -> list[str]:
    return [pod.message for pod in stores.ends.of_job("uid-s-00000-a1")]


def test_what_a_pod_said_last_outlives_it() -> None:
    stores = Stores()
    stores.pods.put(raw("said"))
    stores.pods.remove(raw("said", version=2))
    assert len(stores.pods) == 0 and kept(stores) == ["said"]


def test_its_end_may_come_with_its_removal_alone() -> None:
    stores = Stores()
    stores.pods.put(running())
    stores.pods.remove(raw("said", version=2))
    assert kept(stores) == ["said"]


def test_a_list_without_it_removes_it_too() -> None:
    stores = Stores()
    stores.pods.put(raw("said"))
    stores.pods.replace([], 9)
    assert kept(stores) == ["said"]


def test_a_pod_that_never_ended_has_said_nothing() -> None:
    stores = Stores()
    stores.pods.put(running())
    stores.pods.remove(running(2))
    assert kept(stores) == []


def test_it_goes_with_its_job() -> None:
    stores = Stores()
    stores.jobs.put(raw_job("s-00000"))
    stores.pods.put(raw("said"))
    stores.pods.remove(raw("said", version=2))
    stores.jobs.remove(raw_job("s-00000", resourceVersion="3"))
    assert kept(stores) == []


def test_the_newest_are_kept() -> None:
    ends = PodEnds()
    for number in range(pod_ends.MOST_ENDS + 1):
        ends.keep(PodView.of(raw(str(number), f"s-{number}-a1")))
    assert ends.of_job("uid-s-0-a1") == ()
    assert [pod.message for pod in ends.of_job("uid-s-1-a1")] == ["1"]


def test_all_pods_of_a_job_are_kept_up_to_a_bound() -> None:
    stores = Stores()
    for number in range(pod_ends.MOST_OF_JOB + 2):
        meta = {"name": f"x-{number}", "uid": f"uid-x-{number}"}
        pod = raw(str(number))
        stores.pods.put(pod | {"metadata": pod["metadata"] | meta | {"resourceVersion": "2"}})
        stores.pods.remove(pod | {"metadata": pod["metadata"] | meta | {"resourceVersion": "3"}})
    assert kept(stores) == [str(number) for number in range(2, pod_ends.MOST_OF_JOB + 2)]


def test_of_a_job_with_several_nodes_none_pushes_the_first_out() -> None:
    stores = Stores()
    for number in range(2 * pod_ends.MOST_OF_JOB):
        pod = raw(str(number))
        labels = {"batch.kubernetes.io/job-completion-index": str(number)}
        meta = {"name": f"x-{number}", "uid": f"uid-x-{number}", "labels": pod["metadata"]["labels"] | labels}
        stores.pods.put(pod | {"metadata": pod["metadata"] | meta | {"resourceVersion": "2"}})
        stores.pods.remove(pod | {"metadata": pod["metadata"] | meta | {"resourceVersion": "3"}})
    assert kept(stores) == [str(number) for number in range(2 * pod_ends.MOST_OF_JOB)]
