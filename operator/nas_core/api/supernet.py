"""`spec.evaluation.supernet` of a search: candidates are evaluated with weights that they share.

All networks of a space are parts of one large network, the supernet. It is trained once, in a trial of work Supernet;
then a candidate is evaluated with its part of the weights instead of being trained itself.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from nas_core.api.base import ApiModel, Rule, k8s
from nas_core.api.types import ObjectName

SupernetTraining = Literal["singlePath", "fair", "sandwich", "progressiveShrinking", "enas"]
"""How shared weights are trained."""


class SupernetSource(ApiModel):
    """A search whose shared weights are used."""

    search: ObjectName = Field(
        description="Name of a NASSearch of the namespace with evaluation.supernet, on the same data and space."
    )


class Supernet(ApiModel):
    """How the shared weights are trained, or whose they are."""

    rules: ClassVar = (
        Rule(
            "!has(self.from) || (!has(self.training) && !has(self.epochs))",
            "the supernet of another search is not trained again; remove training and epochs, or from",
            field_path=".from",
            broken_by=lambda held: (
                f"training {held.training}, epochs {held.epochs}"
                if held.from_ and (held.training, held.epochs) != ("fair", 50)
                else None
            ),
        ),
    )

    # No defaults in the schema, so that the rule sees whether somebody has set them.
    training: SupernetTraining = Field(
        default="fair",
        json_schema_extra=k8s(chosen=True),
        description=(
            "How it is trained. singlePath: each step one network, drawn uniformly (Guo et al. 2020). fair: each step "
            "as many networks as a decision has options, so that each option is trained once (FairNAS, Chu et al. "
            "2021). sandwich: each step the largest network, the smallest, and some between (Yu & Huang 2019). "
            "progressiveShrinking: the largest first, then smaller ones too (Once-For-All, Cai et al. 2020). enas: a "
            "controller learns which networks to train (Pham et al. 2018). Default: fair, which ranked best."
        ),
    )
    epochs: int = Field(
        default=50,
        ge=1,
        le=10_000,
        json_schema_extra=k8s(chosen=True),
        description="Epochs that the supernet is trained. Default: 50.",
    )
    recalibration: int = Field(
        default=16,
        ge=0,
        le=1000,
        description=(
            "Training batches from which a candidate's batch normalisations get statistics of their own before it is "
            "evaluated: those of the supernet are a mixture of all networks. 0: none."
        ),
    )
    from_: SupernetSource | None = Field(
        default=None,
        description=(
            "Use the supernet of another search. Its address is copied when the search begins; the weights stay where "
            "they are, so that search may only be deleted with its storage.deletionPolicy Retain."
        ),
    )
