"""`spec.evaluation.earlyStopping` of a search: when a trial is ended before its last epoch."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from nas_core.api.base import ApiModel, Rule
from nas_core.api.types import Fraction

REDUCTION_FACTOR = 3
P_THRESHOLD = "0.001"


class EarlyStopping(ApiModel):
    """Ends trials whose course, as far as it has been seen, is worse than that of others; their result is kept."""

    rules: ClassVar = (
        Rule(
            "!has(self.reductionFactor) || self.name == 'asha'",
            "reductionFactor is for asha; remove it, or set name: asha",
            field_path=".reductionFactor",
        ),
        Rule(
            "!has(self.pThreshold) || self.name == 'wilcoxon'",
            "pThreshold is for wilcoxon; remove it, or set name: wilcoxon",
            field_path=".pThreshold",
        ),
    )

    name: Literal["median", "asha", "curve", "wilcoxon"] = Field(
        description=(
            "The rule. median: the trial's best value so far is worse than the median of the averages that trials "
            "trained in full had up to that epoch. asha: at epochs minEpochs, 3 minEpochs, 9 minEpochs, … it is not in "
            "the best third of all that got there. curve: a power law fitted to its course says that it beats the best "
            "with a probability below 5 %. wilcoxon: a signed-rank test over its epochs from minEpochs on says that it "
            "is behind the best trial that was trained in full."
        )
    )
    min_epochs: int = Field(default=1, ge=1, le=10_000, description="No trial is stopped before so many epochs.")
    min_trials: int = Field(
        default=5,
        ge=2,
        le=1000,
        description="No trial is stopped while there are fewer others to compare it with.",
    )
    reduction_factor: int | None = Field(
        default=None, ge=2, le=16, description="Of asha: one of so many goes on at each of its epochs; absent: 3."
    )
    p_threshold: Fraction | None = Field(
        default=None,
        description=(
            "Of wilcoxon: a trial is stopped when the probability to be so far behind by chance is below it, as a "
            f"string; absent: '{P_THRESHOLD}', which ten epochs are enough for."
        ),
    )
