"""A search with any number of results, as the report of a search reads it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from nas_core.api.search import NASSearchSpec
from nas_core.records.search import ReadableSearch, read_search
from nas_core.records.trial import TrialView
from nas_core.spaces import get_space

START = datetime(2026, 1, 1, tzinfo=UTC)
DEFAULTS = {
    "task": {"dataset": {"name": "digits"}},
    "searchSpace": {"name": "nas-bench-201"},
    "objectives": [{"metric": "val_accuracy"}, {"metric": "parameters", "goal": "minimize"}],
    "evaluation": {"epochs": 4},
}


def stamp(seconds: float) -> str:
    return f"{START + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%SZ}"


def condition(kind: str, status: str, reason: str, message: str = "") -> dict[str, Any]:
    return {"type": kind, "status": status, "reason": reason, "message": message, "lastTransitionTime": stamp(0)}


def reported(count: int, message: str = "", **spec: Any) -> tuple[ReadableSearch, tuple[TrialView, ...]]:
    """Return a search that has ended with so many results; every tenth trial failed, with ``message``."""
    given = DEFAULTS | spec
    read = NASSearchSpec.model_validate(given)
    space = get_space(read.search_space, read.hyperparameters)
    rng = np.random.default_rng(0)
    trials = [_trial(index, space, rng, message) for index in range(count)]
    done = [one for one in trials if one["status"].get("metrics")]
    best = max(done, key=lambda one: one["status"]["metrics"]["val_accuracy"], default=None)
    entries = [_entry(best)] if best else []
    status = {
        "observedGeneration": 1,
        "conditions": [
            condition("Progressing", "False", "BudgetSpent", "all trials have ended"),
            condition("Succeeded", "True", "BudgetSpent"),
        ],
        "plan": {"candidates": count, "spaceSize": "15625", "epochs": 4 * count, "strategy": "random"},
        "trials": {"total": count, "succeeded": len(done), "failed": count - len(done)},
        "progress": f"{count}/{count}",
        "best": entries,
        "startTime": stamp(0),
        "completionTime": stamp(30 * count),
        "cost": {"trialSeconds": 30.0 * count},
    }
    metadata = {"name": "digits", "namespace": "demo", "uid": "u1", "resourceVersion": "1", "generation": 1}
    raw = {"metadata": metadata | {"creationTimestamp": stamp(0)}, "spec": given, "status": status}
    search = read_search(raw)
    assert isinstance(search, ReadableSearch)
    return search, tuple(TrialView.of(one) for one in trials)


def _trial(index: int, space: Any, rng: np.random.Generator, message: str) -> dict[str, Any]:
    values = space.sample(rng)
    architecture, hyperparameters = space.split(values)
    convolutions = sum(value.startswith("nor_conv") for value in architecture.values())
    accuracy = round(float(0.6 + 0.05 * convolutions + 0.02 * rng.standard_normal()), 4)
    candidate = {"id": f"id{index}", "architecture": architecture, "text": space.text(values), "origin": "Random"}
    failed = index % 10 == 9
    ended = condition("Failed", "True", "Error", message) if failed else condition("Succeeded", "True", "Completed")
    status: dict[str, Any] = {
        "conditions": [ended],
        "sequence": index + 1,
        "startTime": stamp(30 * index),
        "completionTime": stamp(30 * index + 30),
        "trialSeconds": 30.0,
    }
    if not failed:
        curve = {
            "epochs": [1, 2, 3, 4],
            "values": {"val_accuracy": [accuracy - 0.1, accuracy - 0.05, accuracy, accuracy]},
        }
        metrics = {"val_accuracy": accuracy, "parameters": 1000.0 + 900 * convolutions, "val_loss": 1 - accuracy}
        status |= {"metrics": metrics, "curve": curve}
    return {
        "metadata": {"name": f"digits-{index:05d}", "namespace": "demo", "uid": f"t{index}", "resourceVersion": "1"},
        "spec": {
            "index": index,
            "basis": index,
            "seed": 1,
            "candidates": [candidate | {"hyperparameters": hyperparameters}],
        },
        "status": status,
    }


def _entry(trial: dict[str, Any]) -> dict[str, Any]:
    candidate = trial["spec"]["candidates"][0]
    metrics = trial["status"]["metrics"]
    return {
        "trial": trial["metadata"]["name"],
        "architecture": candidate["text"],
        "id": candidate["id"],
        "metrics": metrics,
    }
