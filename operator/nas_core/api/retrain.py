"""`spec.retrain` of a search: the best candidates are trained again in full."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from nas_core.api.base import ApiModel, Rule
from nas_core.api.evaluation import Optimizer
from nas_core.api.model import Exports, ModelName, ModelVersion, Stage


class Publish(ApiModel):
    """The NASModel that is made of the best when it has been trained again."""

    name: ModelName = Field(description="Name of the model; that of the NASModel is <name>-<version>.")
    version: ModelVersion | None = Field(
        default=None, description="Its version; default: the first eight characters of the search's UID."
    )
    stage: Stage = Field(default="candidate", description="As in the spec of a NASModel.")
    deletion_policy: Literal["Retain", "Delete"] = Field(
        default="Retain", description="What happens to the files of the model when the NASModel is deleted."
    )


class Retrain(ApiModel):
    """Retraining of the best when the search's budget is spent.

    Each is trained from scratch on the training and the validation examples and evaluated on the test split, which no
    trial of the search has seen. Without a test split it is evaluated as in the search. So a candidate does not win
    because it suits the search's short training, or by luck on the validation split.
    """

    rules: ClassVar = (
        Rule(
            "has(self.publish) || !has(self.exports) || self.exports.size() == 0",
            "exports are parts of a model; add retrain.publish with its name",
            field_path=".exports",
        ),
    )

    top: int = Field(
        default=1,
        ge=1,
        le=20,
        description="How many of the best; with several objectives at most this many of the Pareto front.",
    )
    epochs: int = Field(ge=1, le=100_000, description="Epochs of each retraining.")
    seeds: int = Field(
        default=1,
        ge=1,
        le=10,
        description=(
            "How often each is trained, every time with another seed, in a trial of its own. status.retrained has "
            "means and standard deviations; the model is that of the first training."
        ),
    )
    optimizer: Optimizer | None = Field(
        default=None,
        description=(
            "How weights are updated then. Default: as in the search. Where that was chosen for weights that are "
            "shared, it is what would be chosen without sharing."
        ),
    )
    publish: Publish | None = Field(
        default=None,
        description="Make a NASModel of the search's best when it has been trained again. It outlives the search.",
    )
    exports: Exports = Field(default=[], description="Of that model: forms for other programs than PyTorch.")
