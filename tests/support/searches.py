"""Searches for tests, and what must hold of every one of them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from nas_core.api.search import NASSearchSpec
from nas_core.contract import CandidateSpec
from nas_core.spaces import get_space
from nas_search import Observation, Pending, create_strategy, history_at

Json = dict[str, Any]

FAULT_IMAGE = "localhost/nas-fault-trial:dev"


def fault_search(
    name: str,
    *args: str,
    trials: int = 8,
    parallel: int = 2,
    budget: Json | None = None,
    template: Json | None = None,
    ordered: bool = False,
    **spec: Any,
) -> Json:
    """Return a search whose trials do what ``args`` tell the image in tests/images/fault-trial."""
    strategy = {"regularizedEvolution": {"populationSize": 4, "sampleSize": 2}, "seed": 7, "ordered": ordered}
    return {
        "apiVersion": "nas-operator.io/v1alpha1",
        "kind": "NASSearch",
        "metadata": {"name": name},
        "spec": {
            "task": {"dataset": {"name": "digits"}},
            "strategy": strategy,
            "budget": {"maxTrials": trials, "parallelTrials": parallel} | (budget or {}),
            "trialTemplate": {"image": FAULT_IMAGE, "args": list(args), "terminationGracePeriodSeconds": 5}
            | (template or {}),
        }
        | spec,
    }


def score(trial: Json) -> float:
    """Return the score that the fault-trial image reports for a trial's candidate."""
    identity: str = trial["spec"]["candidates"][0]["id"]
    return int(hashlib.sha256(identity.encode()).hexdigest()[:8], 16) / 2**32


def architectures(trials: Sequence[Json]) -> list[str]:
    """Return what the trials evaluate, by index."""
    return [trial["spec"]["candidates"][0]["text"] for trial in trials]


def check_record(trials: Sequence[Json], count: int) -> None:
    """Assert that no trial is missing, and that each result has a place of its own in the history."""
    assert [t["spec"]["index"] for t in trials] == list(range(count))
    assert sorted(t["status"]["sequence"] for t in trials) == list(range(1, count + 1))


def check_replay(search: Json, trials: Sequence[Json]) -> None:
    """Assert that the strategy, shown what each trial's ask saw, chooses the same candidate again."""
    spec = NASSearchSpec.model_validate(search["spec"])
    strategy = create_strategy(spec.strategy, get_space(spec.search_space), spec.objectives, spec.constraints)
    seen, pending = [], []
    for trial in trials:
        index, candidate = trial["spec"]["index"], CandidateSpec.model_validate(trial["spec"]["candidates"][0])
        status = trial.get("status", {})
        if sequence := status.get("sequence"):
            succeeded = any(c["type"] == "Succeeded" and c["status"] == "True" for c in status["conditions"])
            seen.append(Observation(index, sequence, candidate, status["metrics"] if succeeded else None))
        else:
            pending.append(Pending(index, candidate))
    for trial in trials:
        history = history_at(seen, pending, trial["spec"]["index"], trial["spec"]["basis"])
        [again] = strategy.ask(history, 1)
        assert again.model_dump(by_alias=True, exclude_none=True) == trial["spec"]["candidates"][0], trial["metadata"]
