"""The same search with the same faults on Kubernetes and on this machine: both end with the same record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.support.backends import Backend, OnKubernetes, OnThisMachine
from tests.support.kube import attempts, condition
from tests.support.searches import Json, architectures, check_record, check_replay, score


@pytest.fixture(params=["this machine", pytest.param("kubernetes", marks=pytest.mark.cluster)])
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Backend:
    if request.param == "this machine":
        return OnThisMachine(tmp_path)
    kube, bucket, wait_for = (request.getfixturevalue(name) for name in ("kube", "bucket", "wait_for"))
    return OnKubernetes(kube, bucket, wait_for)


CHOSEN: list[list[str]] = []


def check_end(search: Json, trials: list[Json]) -> None:
    """Assert that a search of four trials ended as it does undisturbed."""
    assert search["status"]["progress"] == "4/4"
    assert condition(search, "Succeeded")["reason"] == "BudgetSpent"
    check_record(trials, 4)
    check_replay(search, trials)
    assert search["status"]["best"][0]["trial"] == max(trials, key=score)["metadata"]["name"]
    # Whatever happened to it, and wherever: the strategy chooses the same.
    CHOSEN.append(architectures(trials))
    assert CHOSEN[-1] == CHOSEN[0]


def outcomes(trials: list[Json]) -> list[Any]:
    return [[outcome for _, outcome in attempts(trial)] for trial in trials]


def test_undisturbed_it_ends_with_a_report(backend: Backend) -> None:
    backend.begin()
    search, trials = backend.finished()
    check_end(search, trials)
    assert outcomes(trials) == [["Succeeded"]] * 4
    page = backend.read(search["status"]["report"]).decode()
    assert all(trial["metadata"]["name"] in page for trial in trials) and "vegaEmbed" in page
    assert search["status"]["report"] == f"{search['status']['storageRoot']}/report.html"


def test_attempts_that_crash_are_tried_again(backend: Backend) -> None:
    backend.begin("--crash-first")
    search, trials = backend.finished()
    check_end(search, trials)
    assert outcomes(trials) == [["Crashed", "Succeeded"]] * 4


def test_a_candidate_that_is_wrong_is_not_tried_again(backend: Backend) -> None:
    backend.begin("--fail-index=2", "--message=its width is odd")
    search, trials = backend.finished()
    check_record(trials, 4)
    assert outcomes(trials) == [["Succeeded"], ["Succeeded"], ["Failed"], ["Succeeded"]]
    failed = condition(trials[2], "Failed")
    assert (failed["reason"], failed["message"]) == ("AskedToFail", "its width is odd")
    assert search["status"]["trials"]["failed"] == 1


def test_a_trial_that_is_killed_is_tried_again(backend: Backend) -> None:
    backend.begin("--seconds=4")
    backend.running()
    backend.kill_a_trial()
    search, trials = backend.finished()
    check_end(search, trials)
    # On Kubernetes the same Job may make another pod; then it is the same attempt.
    assert all(some[-1] == "Succeeded" for some in outcomes(trials))


def test_a_search_that_is_suspended_goes_on(backend: Backend) -> None:
    backend.begin("--seconds=6")
    backend.running()
    backend.suspend()
    backend.resume()
    search, trials = backend.finished()
    check_end(search, trials)
    assert outcomes(trials) == [["Suspended", "Succeeded"]] * 2 + [["Succeeded"]] * 2


def test_without_its_storage_nothing_is_started_and_the_status_says_why(backend: Backend) -> None:
    backend.storage_away()
    backend.begin()
    assert backend.told("StorageReady", "StorageError")["status"] == "False"
    backend.storage_back()
    search, trials = backend.finished()
    check_end(search, trials)
    assert outcomes(trials) == [["Succeeded"]] * 4


def test_a_storage_that_goes_while_trials_run_costs_no_result(backend: Backend) -> None:
    backend.begin("--seconds=3")
    backend.running()
    backend.storage_away()
    backend.told("StorageReady", "StorageError")
    backend.storage_back()
    search, trials = backend.finished()
    check_end(search, trials)
    assert outcomes(trials) == [["Succeeded"]] * 4


def test_a_run_that_is_killed_goes_on(tmp_path: Path) -> None:
    backend = OnThisMachine(tmp_path)
    backend.begin("--seconds=4")
    backend.running()
    backend.kill_the_run()
    backend.resume()
    search, trials = backend.finished()
    check_end(search, trials)
    assert all(some[-1] == "Succeeded" for some in outcomes(trials))
