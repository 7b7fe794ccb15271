"""What a search leaves open about training, filled in by the kind of its data and the optimiser."""

from __future__ import annotations

from collections.abc import Mapping

from nas_core.api.evaluation import Evaluation

BY_OPTIMIZER: Mapping[str, Mapping[str, str]] = {
    "sgd": {"learning_rate": "0.1", "weight_decay": "0.0005", "clip_norm": "0"},
    "adamw": {"learning_rate": "0.001", "weight_decay": "0.01", "clip_norm": "1"},
}
"""Fields of `evaluation.optimizer` that are absent."""


def with_defaults(evaluation: Evaluation, task_type: str) -> Evaluation:
    """Return the evaluation with every field of its optimiser set."""
    given = evaluation.optimizer
    name = given.name or ("sgd" if task_type == "image-classification" else "adamw")
    absent = {field: value for field, value in BY_OPTIMIZER[name].items() if getattr(given, field) is None}
    return evaluation.model_copy(update={"optimizer": given.model_copy(update={"name": name, **absent})})
