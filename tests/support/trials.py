"""Inputs of trials that learn scikit-learn's digits in a second."""

from __future__ import annotations

from typing import Any

from nas_core.contract import TrialInput
from nas_core.spaces.nas_bench_201 import EDGES, OPS


def architecture(digits: str) -> dict[str, str]:
    """Return the cell whose operations are given as six digits, in the order of the published encoding."""
    return {edge: OPS[int(digit)] for edge, digit in zip(EDGES, digits, strict=True)}


def identity(trial: str, attempt: int = 1) -> dict[str, Any]:
    """Return the names of a trial, as they are in JSON."""
    return {
        "namespace": "team",
        "search": "digits",
        "searchUID": "uid",
        "trial": trial,
        "index": 0,
        "attempt": attempt,
    }


def trial_input(ops: str = "312410", **changes: Any) -> TrialInput:
    """Return a trial's input; ``changes`` replace whole fields, by their names in JSON."""
    return TrialInput.model_validate(
        {
            "identity": identity("digits-0"),
            "space": {"width": 2, "depth": 1},
            "candidates": [{"id": f"id-{ops}", "architecture": architecture(ops), "origin": "Random"}],
            "task": {"dataset": {"name": "digits", "maxExamples": 200}},
            "evaluation": {"epochs": 2, "batchSize": 32},
            "seed": 7,
        }
        | changes
    )
