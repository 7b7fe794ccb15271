"""Fills in the fields that a search's spec leaves open with what is on record in `status.plan.chosen`.

`nas_plan.defaults` chooses; the operator, the command line and replay all read the record here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import reduce
from typing import Any

from nas_core.api.evaluation import Optimizer
from nas_core.api.search import NASSearchSpec
from nas_core.api.search_status import ChosenSetting
from nas_core.api.strategy import Objective
from nas_core.metric_names import known


def _objectives(text: str) -> list[Objective]:
    of = known(text)
    return [Objective(metric=text, goal="minimize" if of and of.less_is_better else "maximize")]


def _optimizer(text: str) -> Optimizer:
    name, *rate = text.split(", ")
    return Optimizer.model_validate({"name": name, "learning_rate": rate[0] if rate else None})


SETTINGS: Mapping[str, tuple[tuple[str, ...], Callable[[str], Any]]] = {
    "searchSpace.name": (("search_space", "name"), str),
    "searchSpace.depth": (("search_space", "depth"), int),
    "searchSpace.modalities": (("search_space", "modalities"), lambda text: text.split(", ")),
    "objectives": (("objectives",), _objectives),
    "retrain.optimizer": (("retrain", "optimizer"), _optimizer),
    "evaluation.optimizer.name": (("evaluation", "optimizer", "name"), str),
    "evaluation.batchSize": (("evaluation", "batch_size"), int),
    "evaluation.optimizer.learningRate": (("evaluation", "optimizer", "learning_rate"), str),
    "evaluation.epochs": (("evaluation", "epochs"), int),
    "evaluation.report": (("evaluation", "report"), str),
    "evaluation.patience": (("evaluation", "patience"), int),
    "evaluation.prefilter.randomCandidates": (("evaluation", "prefilter", "random_candidates"), int),
    "strategy.zeroCost.randomCandidates": (("strategy", "zero_cost", "random_candidates"), int),
    "evaluation.candidatesPerTrial": (("evaluation", "candidates_per_trial"), int),
}
"""By the field's path in the API: the same in the model, and what reads the value. In the order of the choices."""


def complete(spec: NASSearchSpec, chosen: Iterable[ChosenSetting]) -> NASSearchSpec:
    """Return the spec with what was chosen; a field of a later version's record is left as it is.

    Raises:
        ValueError: if a value cannot be read; somebody has changed the status.
    """
    return reduce(_with, chosen, spec)


def is_open(spec: NASSearchSpec, field: str) -> bool:
    """Whether the spec says nothing of a field, and has what the field belongs to."""
    *parents, name = SETTINGS[field][0]
    model: Any = spec
    for parent in parents:
        if (model := getattr(model, parent)) is None:
            return False
    # A field that is written as null is one that says nothing.
    return name not in model.model_fields_set or getattr(model, name) is None


def _with(spec: NASSearchSpec, chosen: ChosenSetting) -> NASSearchSpec:
    if chosen.field not in SETTINGS:
        return spec
    path, read = SETTINGS[chosen.field]
    try:
        completed: NASSearchSpec = _put(spec, path, read(chosen.value))
        return completed
    except ValueError as error:
        raise ValueError(f"status.plan.chosen: {chosen.field} {chosen.value!r}: {error}") from error


def _put(model: Any, path: tuple[str, ...], value: Any) -> Any:
    name, *inner = path
    return model.model_copy(update={name: _put(getattr(model, name), tuple(inner), value) if inner else value})
