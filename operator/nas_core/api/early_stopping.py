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

    reduction_factor: int = Field(default=3, ge=2, le=16, description="One of so many goes on at each of its epochs.")


class CurveStopping(ApiModel):
    """Extrapolation of the learning curve (Domhan et al. 2015, IJCAI), by one power law."""


class WilcoxonStopping(ApiModel):
    """A signed-rank test against the best (Wilcoxon 1945)."""

    p_threshold: Fraction = Field(
        default="0.001",
        description=(
            "A trial is stopped when the probability to be so far behind by chance is below it, as a string; ten "
            "epochs are enough for '0.001'."
        ),
    )


class EarlyStopping(Union):
    """Ends trials whose course, as far as it has been seen, is worse than that of others; their result is kept."""

    median: MedianStopping | None = Field(
        default=None,
        json_schema_extra=MEMBER,
        description=(
            "Stop a trial whose best value so far is worse than the median of the averages that trials trained in full "
            "had up to that epoch."
        ),
    )
    asha: AshaStopping | None = Field(
        default=None,
        json_schema_extra=MEMBER,
        description=(
            "Stop a trial that is not in the best third of all that got as far, at epochs minEpochs, 3 minEpochs, "
            "9 minEpochs, …: reductionFactor is this 3."
        ),
    )
    curve: CurveStopping | None = Field(
        default=None,
        json_schema_extra=MEMBER,
        description=(
            "Stop a trial that beats the best with a probability below 5 %, by a power law fitted to its course."
        ),
    )
    wilcoxon: WilcoxonStopping | None = Field(
        default=None,
        json_schema_extra=MEMBER,
        description=(
            "Stop a trial of which a signed-rank test over its epochs from minEpochs on says that it is behind the "
            "best trial that was trained in full."
        ),
    )
    min_epochs: int = Field(default=1, ge=1, le=10_000, description="No trial is stopped before so many epochs.")
    min_trials: int = Field(
        default=5,
        ge=2,
        le=1000,
        description="No trial is stopped while there are fewer others to compare it with.",
    )
