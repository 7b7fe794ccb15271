"""The verdict on a search that was disturbed: from its objects, as they are when it has ended and when it is deleted.

Pure: `tests.chaos.play` gathers the evidence. Each function is one promise and returns what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.chaos.fake_node import fails
from tests.support.kube import Json, condition, holds, job_ended
from tests.support.searches import architectures, check_replay, score


@dataclass(frozen=True)
class Evidence:
    """What is left of one disturbed search."""

    search: Json
    """When it had ended, or was given up."""
    trials: Sequence[Json]
    jobs: Sequence[Json] = ()
    pods: Sequence[Json] = ()
    budget: int = 0
    """How many candidates it was to try."""
    ended: bool = True
    """Whether it ended in time."""
    side_by_side: Sequence[str] = ()
    """Trials of which two pods have run at the same time."""
    deleted: Sequence[str] = ()
    """Trials that the fault has deleted."""
    damaged: bool = False
    """Whether results were damaged: then a trial may fail for it."""
    unsaid: Sequence[str] = ()
    """Reasons that the search should have given while something held it up."""
    undisturbed: Sequence[str] | None = None
    """What the same search evaluates when nothing disturbs it; None: another course is no fault."""
    left_over: Sequence[str] = ()
    """What was still there after the search had been deleted."""


def going(pod: Json) -> bool:
    """Whether a pod has not ended."""
    return pod["status"]["phase"] in ("Pending", "Running")


def it_ends(seen: Evidence) -> list[str]:
    """The search ends, and with a result."""
    if not seen.ended:
        return [f"not ended: {condition(seen.search, 'Progressing')['message']}"]
    ended = condition(seen.search, "Succeeded")
    return [] if ended["status"] == "True" else [f"ended with {condition(seen.search, 'Failed')['reason']}"]


def nothing_is_lost_and_nothing_twice(seen: Evidence) -> list[str]:
    """Each candidate has one record, with a place of its own in the history and no gap."""
    indices = [trial["spec"]["index"] for trial in seen.trials]
    sequences = sorted(trial.get("status", {}).get("sequence") or 0 for trial in seen.trials)
    count = seen.budget - len(seen.deleted)
    if seen.deleted:
        wrong = len(set(indices)) != len(indices) or len(set(sequences)) != len(sequences) or len(indices) != count
        return [f"indices {indices}, sequences {sequences}"] if wrong else []
    found = []
    if indices != list(range(seen.budget)):
        found.append(f"indices {indices}")
    if sequences != list(range(1, seen.budget + 1)):
        found.append(f"sequences {sequences}")
    identities = [trial["spec"]["candidates"][0]["id"] for trial in seen.trials]
    if len(set(identities)) != len(identities):
        found.append("an architecture was tried twice")
    return found


def the_budget_holds(seen: Evidence) -> list[str]:
    """No more candidates than asked for, and the counts add up."""
    counts = dict(seen.search.get("status", {}).get("trials", {}))
    total = counts.pop("total", 0)
    found = [f"{total} of {seen.budget} candidates"] if total != seen.budget else []
    return found + ([f"counts {counts} are not {total}"] if sum(counts.values()) != total else [])


def results_are_true(seen: Evidence) -> list[str]:
    """Each record says what its trial had found, and nothing failed that had not."""
    found = []
    for trial in seen.trials:
        name, status = trial["metadata"]["name"], trial.get("status", {})
        if holds(trial, "Succeeded"):
            if fails(trial["spec"]["index"]) or status["metrics"]["val_accuracy"] != score(trial):
                found.append(f"{name} has {status['metrics']}, not {score(trial)}")
        elif not fails(trial["spec"]["index"]):
            failed = condition(trial, "Failed")
            if not (seen.damaged and failed["reason"] == "ResultInvalid"):
                found.append(f"{name}: {failed['reason']}: {failed['message']}")
    return found


def failures_are_visible(seen: Evidence) -> list[str]:
    """Each attempt and each trial that came to nothing has a reason."""
    found = []
    for trial in seen.trials:
        name = trial["metadata"]["name"]
        for attempt in trial.get("status", {}).get("attempts", ()):
            if attempt["outcome"] in ("Failed", "Crashed", "Lost") and not attempt.get("reason"):
                found.append(f"attempt {attempt['number']} of {name} has no reason")
        failed = condition(trial, "Failed")
        if failed["status"] == "True" and not (failed["reason"] and failed["message"]):
            found.append(f"{name} has failed without a message")
    found += [f"it never said {reason}" for reason in seen.unsaid]
    if seen.deleted and condition(seen.search, "RecordComplete")["reason"] != "TrialsDeleted":
        found.append("nothing says that trials were deleted")
    return found


def no_two_pods_of_a_trial(seen: Evidence) -> list[str]:
    """No trial runs twice at the same time."""
    return [f"two pods of {name} ran side by side" for name in seen.side_by_side]


def nothing_runs_on(seen: Evidence) -> list[str]:
    """No Job and no pod goes on when the search has ended."""
    going_on = [*(job for job in seen.jobs if not job_ended(job)), *filter(going, seen.pods)]
    return [f"still there: {one['metadata']['name']}" for one in going_on]


def decisions_are_repeatable(seen: Evidence) -> list[str]:
    """The strategy, shown what each decision had seen, chooses the same again."""
    if seen.deleted:
        return []
    try:
        check_replay(seen.search, seen.trials)
    except AssertionError as error:
        return [f"replay: {str(error)[:200]}"]
    return []


def the_course_is_the_undisturbed_one(seen: Evidence) -> list[str]:
    """In ordered mode a fault changes nothing of what is tried."""
    if seen.undisturbed is None or architectures(seen.trials) == list(seen.undisturbed):
        return []
    return ["other candidates than undisturbed"]


def the_deletion_ends(seen: Evidence) -> list[str]:
    """A deleted search goes, with everything that is its own."""
    return [f"left over: {name}" for name in seen.left_over]


Promise = Callable[[Evidence], list[str]]

PROMISES: tuple[Promise, ...] = (
    it_ends,
    nothing_is_lost_and_nothing_twice,
    the_budget_holds,
    results_are_true,
    failures_are_visible,
    no_two_pods_of_a_trial,
    nothing_runs_on,
    decisions_are_repeatable,
    the_course_is_the_undisturbed_one,
    the_deletion_ends,
)


def verdict(seen: Evidence, promises: Sequence[Promise] = PROMISES) -> list[str]:
    """Return what is wrong, each with the promise that it breaks; nothing if all hold."""
    return [f"{promise.__name__}: {wrong}" for promise in promises for wrong in promise(seen)]
