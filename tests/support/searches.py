"""Searches for tests, and what must hold of every one of them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from nas_core.api.space import SearchSpaceSpec
from nas_core.api.trial import CandidateSpec
from nas_core.records.search import ReadableSearch, read_search
from nas_core.spaces import get_space
from nas_search import Problem, RecordedTrial, Scored, create_strategy, replay, scoring_of

if TYPE_CHECKING:
    from tests.support.bucket import Bucket

Json = dict[str, Any]

FAULT_IMAGE = "localhost/nas-fault-trial:dev"
ONE_THREAD: Json = {"requests": {"cpu": "100m"}, "limits": {"cpu": "1"}}
"""Resources of a trial whose network is so small that threads, beside other trials', would only wait for each other."""


def search_on_digits(name: str, trials: int, parallel: int, **spec: Any) -> Json:
    """Return a search on the digits that every image has; ``spec`` adds to it or replaces parts of it."""
    return {
        "apiVersion": "nas-operator.io/v1alpha1",
        "kind": "NASSearch",
        "metadata": {"name": name},
        "spec": {
            "task": {"dataset": {"name": "digits"}},
            "budget": {"maxTrials": trials, "parallelTrials": parallel},
        }
        | spec,
    }


def training_search(name: str, bucket: Bucket, trials: int, parallel: int, **spec: Any) -> Json:
    """Return a search whose trials train small networks, with one thread each, and keep them in the bucket."""
    template = {"terminationGracePeriodSeconds": 20, "resources": ONE_THREAD}
    return search_on_digits(name, trials, parallel, **{"trialTemplate": template, "storage": bucket.storage()} | spec)


def small_training(name: str, bucket: Bucket, trials: int, epochs: int, **spec: Any) -> Json:
    """Return one whose trials run one after the other, seconds for an epoch."""
    small: Json = {
        "searchSpace": {"width": 4, "depth": 1},
        "strategy": {"random": {}, "seed": 3},
        "evaluation": {"epochs": epochs, "batchSize": 64, "report": "last"},
    }
    return training_search(name, bucket, trials, parallel=1, **small | spec)


def fault_search(
    name: str,
    *args: str,
    trials: int = 8,
    parallel: int = 2,
    budget: Json | None = None,
    template: Json | None = None,
    ordered: bool = False,
    rungs: Json | None = None,
    **spec: Any,
) -> Json:
    """Return a search whose trials do what ``args`` tell the image in tests/images/fault-trial."""
    strategy: Json = {"regularizedEvolution": {"populationSize": 4, "sampleSize": 2}, "seed": 7, "ordered": ordered}
    if rungs:
        strategy["rungs"] = rungs
    image: Json = {"image": FAULT_IMAGE, "args": list(args), "terminationGracePeriodSeconds": 5}
    search = search_on_digits(name, trials, parallel, strategy=strategy, trialTemplate=image | (template or {}), **spec)
    search["spec"]["budget"] |= budget or {}
    return search


def score(trial: Json) -> float:
    """Return the score that the fault-trial image reports for a trial's candidate."""
    return score_of(trial["spec"]["candidates"][0]["id"])


def score_of(identity: str) -> float:
    """Return the score that the fault-trial image reports for the candidate with an id."""
    return int(hashlib.sha256(identity.encode()).hexdigest()[:8], 16) / 2**32


def architectures(trials: Sequence[Json]) -> list[str]:
    """Return what the trials evaluate, by index."""
    return [trial["spec"]["candidates"][0]["text"] for trial in trials]


def check_record(trials: Sequence[Json], count: int) -> None:
    """Assert that no candidate is missing, and that each result has a place of its own in the history."""
    decisions = [decision for trial in trials for decision in _decisions(trial)]
    assert [d.index for d in decisions] == list(range(count))
    assert sorted(d.sequence or 0 for d in decisions) == list(range(1, count + 1))


def check_replay(search: Json, trials: Sequence[Json]) -> None:
    """Assert that the strategy, shown what each trial's ask saw, chooses the same candidate again."""
    # What the operator has chosen is part of the spec, as it reads it.
    read = read_search(search)
    assert isinstance(read, ReadableSearch)
    spec = read.spec
    shared = search["status"].get("searchSpace")
    space = get_space(SearchSpaceSpec.model_validate(shared) if shared else spec.search_space, spec.hyperparameters)
    scoring = scoring_of(spec.strategy, spec.evaluation)
    strategy = create_strategy(
        spec.strategy,
        Problem(space, spec.objectives, spec.constraints),
        scoring=scoring,
        epochs=spec.evaluation.epochs,
    )
    by_work = {work: [trial for trial in trials if trial["spec"]["work"] == work] for work in ("Train", "Score")}
    scores = tuple(
        Scored(decision.candidate, decision.metrics)
        for trial in by_work["Score"]
        for decision in _decisions(trial)
        if decision.metrics is not None
    )
    decisions = [decision for trial in by_work["Train"] for decision in _decisions(trial)]
    mismatches = list(replay(strategy, decisions, scores))
    assert not mismatches, mismatches


def _decisions(trial: Json) -> list[RecordedTrial]:
    """Return the decisions that a trial records, one a candidate."""
    spec, status = trial["spec"], trial.get("status", {})
    failed = any(c["type"] == "Failed" and c["status"] == "True" for c in status.get("conditions", []))
    first = status.get("sequence")
    single = {"outcome": "Failed" if failed else "Succeeded", "metrics": status.get("metrics", {})}
    found = status.get("candidates") or [single] * len(spec["candidates"])
    return [
        RecordedTrial(
            spec["index"] + place,
            spec["basis"],
            CandidateSpec.model_validate(candidate),
            first + place if first else None,
            None if one["outcome"] == "Failed" else one["metrics"],
            spec.get("epochs"),
        )
        for place, (candidate, one) in enumerate(zip(spec["candidates"], found, strict=True))
    ]
