"""Hyperparameters that were searched along with the architecture, put into the evaluation's place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from nas_core.api.evaluation import Evaluation, Optimizer
from nas_trial.errors import CandidateRejected

OF_EVALUATION = (
    "batchSize",
    "accumulation",
    "labelSmoothing",
    "dropout",
    "augmentation",
    "mixup",
    "cutmix",
    "averageDecay",
)
OF_OPTIMIZER = ("learningRate", "weightDecay", "momentum", "warmupEpochs", "clipNorm")
KNOWN = ("optimizer", *OF_OPTIMIZER, *OF_EVALUATION)
"""Those of `spec.evaluation` and of its optimizer by their names there; ``optimizer`` is the optimizer's name."""


def with_hyperparameters(evaluation: Evaluation, values: Mapping[str, str]) -> Evaluation:
    """Return the evaluation with a candidate's hyperparameters in it.

    Raises:
        CandidateRejected: if one is not known, or its value not one that the field takes.
    """
    if unknown := sorted(values.keys() - set(KNOWN)):
        raise CandidateRejected(
            "SpecInvalid", f"hyperparameter {unknown[0]!r} is unknown; known are {', '.join(sorted(KNOWN))}"
        )
    optimizer = {name: values[name] for name in OF_OPTIMIZER if name in values}
    if "optimizer" in values:
        optimizer["name"] = values["optimizer"]
    try:
        # Validated again, field by field: a value of a search is as free as one that a user writes.
        changed: dict[str, Any] = evaluation.to_dict()
        changed["optimizer"] = Optimizer.model_validate(changed["optimizer"] | optimizer)
        given: dict[str, Any] = {name: values[name] for name in OF_EVALUATION if name in values}
        if "augmentation" in given:
            # A hyperparameter is one text: several augmentations are joined.
            given["augmentation"] = [name for name in given["augmentation"].split("+") if name != "none"]
        return Evaluation.model_validate(changed | given)
    except ValidationError as error:
        fault = error.errors()[0]
        name = str(fault["loc"][-1])
        name = "optimizer" if name == "name" else name
        raise CandidateRejected(
            "SpecInvalid", f"hyperparameter {name!r}: the value {fault['input']!r} is not valid: {fault['msg']}"
        ) from error
