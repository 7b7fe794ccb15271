"""Hyperparameters that were searched along with the architecture, put into the evaluation's place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from nas_core.api.base import api_name
from nas_core.api.evaluation import Evaluation, Optimizer
from nas_core.api.hyperparameters import HYPERPARAMETERS
from nas_core.spaces.decisions import NOTHING
from nas_trial.errors import CandidateRejected

_OF_OPTIMIZER = tuple(name for field in Optimizer.model_fields if (name := api_name(field)) in HYPERPARAMETERS)
_OF_EVALUATION = tuple(name for name in HYPERPARAMETERS if name not in (*_OF_OPTIMIZER, "optimizer"))


def with_hyperparameters(evaluation: Evaluation, values: Mapping[str, str]) -> Evaluation:
    """Return the evaluation with a candidate's hyperparameters in it.

    Raises:
        CandidateRejected: if one is not known, or its value not one that the field takes.
    """
    if unknown := sorted(values.keys() - HYPERPARAMETERS.keys()):
        raise CandidateRejected(
            "SpecInvalid", f"hyperparameter {unknown[0]!r} is unknown; known are {', '.join(sorted(HYPERPARAMETERS))}"
        )
    optimizer = {name: values[name] for name in _OF_OPTIMIZER if name in values}
    if "optimizer" in values:
        optimizer["name"] = values["optimizer"]
    try:
        # Validated again, field by field: a value of a search is as free as one that a user writes.
        changed: dict[str, Any] = evaluation.to_dict()
        changed["optimizer"] = Optimizer.model_validate(changed["optimizer"] | optimizer)
        given: dict[str, Any] = {name: values[name] for name in _OF_EVALUATION if name in values}
        if "augmentation" in given:
            # A hyperparameter is one text: several augmentations are joined, and so is a subset of them.
            given["augmentation"] = [name for name in given["augmentation"].split("+") if name not in ("none", NOTHING)]
        return Evaluation.model_validate(changed | given)
    except ValidationError as error:
        fault = error.errors()[0]
        name = str(fault["loc"][-1])
        name = "optimizer" if name == "name" else name
        raise CandidateRejected(
            "SpecInvalid", f"hyperparameter {name!r}: the value {fault['input']!r} is not valid: {fault['msg']}"
        ) from error
