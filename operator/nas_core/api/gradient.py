"""Strategies that choose an architecture by gradients: it is derived in the supernet's own training.

A trial of work Supernet trains weights and the architecture's parameters together, and reports the architecture that
it has derived. Each derived one is then a candidate that `spec.evaluation` trains from scratch.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from nas_core.api.base import ApiModel
from nas_core.api.types import NonNegative, Positive


class Gradient(ApiModel):
    """What all strategies have that choose by gradients: the search's length, and the cures for their known faults."""

    epochs: int = Field(default=50, ge=1, le=10_000, description="Epochs that the supernet is trained.")
    runs: int = Field(
        default=1,
        ge=1,
        le=16,
        description=(
            "Supernets that are trained, each with a seed of its own. Each gives one architecture; these differ, "
            "so published numbers are of the best of several."
        ),
    )
    learning_rate: Positive = Field(
        default="0.0003",
        description="Learning rate of Adam for the architecture's parameters, as a string. Weights have evaluation's.",
    )
    weight_decay: NonNegative = Field(
        default="0.001", description="Weight decay of the architecture's parameters, as a string."
    )
    skip_limit: int | None = Field(
        default=None,
        ge=0,
        le=64,
        description=(
            "Most skip connections in a derived cell; the weakest of more are replaced (P-DARTS, Chen et al. 2019). "
            "Absent: no limit."
        ),
    )
    eigenvalue_stop: bool = Field(
        default=False,
        description=(
            "End the supernet's training when the largest eigenvalue of the validation loss's Hessian in the "
            "architecture's parameters rises: from then on derived networks get worse (Zela et al. 2020)."
        ),
    )
    perturbation: Literal["random", "adversarial"] | None = Field(
        default=None,
        description=(
            "Train the weights at architecture parameters that are moved a little, at random or to where the loss is "
            "worst, so that the loss is flat around them (SmoothDARTS, Chen & Hsieh 2020)."
        ),
    )
    auxiliary_skip: bool = Field(
        default=False,
        description=(
            "A second skip connection beside each mixed operation, which fades: so the searched one is not chosen only "
            "because it makes training easier (DARTS-, Chu et al. 2021)."
        ),
    )
    partial_channels: int | None = Field(
        default=None,
        ge=1,
        le=16,
        description=(
            "Mix operations over one of so many channels and pass the others by: less memory, and less unfairness "
            "between operations (PC-DARTS, Xu et al. 2020). Absent: all channels."
        ),
    )


class Darts(Gradient):
    """Differentiable search: mixtures of operations, weights and mixture by turns (Liu et al. 2019)."""

    order: Literal["first", "second"] = Field(
        default="first",
        description=(
            "second: the gradient of the architecture's parameters looks one step of the weights ahead; about three "
            "times slower."
        ),
    )


class PcDarts(Gradient):
    """DARTS on a part of the channels, with weights on edges too (Xu et al. 2020, ICLR, arXiv:1907.05737)."""

    partial_channels: int | None = Field(
        default=4, ge=1, le=16, description="Mix operations over one of so many channels and pass the others by."
    )


class Gdas(Gradient):
    """One sampled operation an edge, by the Gumbel trick; the temperature falls from 10 to 0.1 (Dong & Yang 2019)."""


class DrNas(Gradient):
    """Mixtures drawn from Dirichlet distributions, whose parameters are learnt (Chen et al. 2021, arXiv:2006.10355)."""


GRADIENTS: Mapping[str, type[Gradient]] = {"darts": Darts, "pc_darts": PcDarts, "gdas": Gdas, "dr_nas": DrNas}
"""The strategies by their members of `StrategySpec`."""


def gradient_of(strategy: Any) -> Gradient | None:
    """Return the settings of the gradient strategy that a `StrategySpec` names; None if it names none."""
    return next((held for member in GRADIENTS if (held := getattr(strategy, member)) is not None), None)
