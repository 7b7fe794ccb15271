"""Searches for tests, and what must hold of every one of them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from nas_core.api.search import NASSearchSpec
from nas_core.api.space import SearchSpaceSpec
from nas_core.contract import CandidateSpec
from nas_core.spaces import get_space
from nas_search import Decision, create_strategy, replay

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
    shared = search["status"].get("searchSpace")
    space = get_space(SearchSpaceSpec.model_validate(shared) if shared else spec.search_space, spec.hyperparameters)
    strategy = create_strategy(spec.strategy, space, spec.objectives, spec.constraints)
    mismatches = list(replay(strategy, [_decision(trial) for trial in trials]))
    assert not mismatches, mismatches


def _decision(trial: Json) -> Decision:
    status = trial.get("status", {})
    succeeded = any(c["type"] == "Succeeded" and c["status"] == "True" for c in status.get("conditions", []))
    return Decision(
        trial["spec"]["index"],
        trial["spec"]["basis"],
        CandidateSpec.model_validate(trial["spec"]["candidates"][0]),
        status.get("sequence"),
        status["metrics"] if succeeded else None,
    )
