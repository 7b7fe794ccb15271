"""`spec.evaluation.earlyStopping` of a search: when a trial is ended before its last epoch."""

from __future__ import annotations

from pydantic import Field

from nas_core.api.base import ApiModel
from nas_core.api.types import Fraction
from nas_core.api.union import MEMBER, Union


class MedianStopping(ApiModel):
    """The median stopping rule (Golovin et al. 2017, KDD, "Google Vizier")."""


class AshaStopping(ApiModel):
    """ASHA as a rule for stopping (Li et al. 2020, arXiv:1810.05934)."""

    reduction_factor: int = Field(
        default=3, ge=2, le=16, description="One of this many trials goes on at each of its epochs."
    )


class CurveStopping(ApiModel):
    """Extrapolation of the learning curve (Domhan et al. 2015, IJCAI), by one power law."""


class WilcoxonStopping(ApiModel):
    """A signed-rank test against the best (Wilcoxon 1945)."""

    p_threshold: Fraction = Field(
        default="0.001",
        description=(
            "p-value of the test below which a trial is stopped, as a string. Ten epochs are enough for '0.001'."
        ),
    )


class EarlyStopping(Union):
    """Ends trials whose learning curve so far is worse than those of others. Their results are kept."""

    median: MedianStopping | None = Field(
        default=None,
        json_schema_extra=MEMBER,
        description=(
            "Stop a trial whose best value so far is worse than the median of the running averages, at that "
            "epoch, of the trials that were trained in full."
        ),
    )
    asha: AshaStopping | None = Field(
        default=None,
        json_schema_extra=MEMBER,
        description=(
            "Stop a trial that is not in the best third of all trials that got there, at epochs minEpochs, "
            "3 minEpochs, 9 minEpochs, …; reductionFactor is this 3."
        ),
    )
    curve: CurveStopping | None = Field(
        default=None,
        json_schema_extra=MEMBER,
        description=(
            "Stop a trial whose probability to beat the best is below 5 %, by a power law fitted to its learning curve."
        ),
    )
    wilcoxon: WilcoxonStopping | None = Field(
        default=None,
        json_schema_extra=MEMBER,
        description=(
            "Stop a trial that is behind the best trial that was trained in full, by a signed-rank test "
            "over its epochs from minEpochs on."
        ),
    )
    min_epochs: int = Field(default=1, ge=1, le=10_000, description="No trial is stopped before this many epochs.")
    min_trials: int = Field(
        default=5,
        ge=2,
        le=1000,
        description="No trial is stopped while there are fewer others to compare it with.",
    )
