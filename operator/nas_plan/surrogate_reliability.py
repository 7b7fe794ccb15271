"""Whether the predictor of a search ranks results that it was not fitted to: the condition `SurrogateReliable`.

The strategy uses the predictor while it does (`nas_search.predicted`), by the same numbers; `nas_plan.search_status`
tells people.
"""

from __future__ import annotations

from nas_core.reasons import PlainReason
from nas_plan.proxy_reliability import Reliability
from nas_search.predicted import Prediction
from nas_search.predictors.held_out import HeldOut


def surrogate_reliability(found: HeldOut | None, asked: Prediction) -> Reliability:
    """Return the condition for what held-out results say of the predictor; None: there were too few to fit it."""
    if found is None:
        why = f"it is fitted when {asked.after} results have a value of every objective"
        return Reliability("Unknown", PlainReason.SURROGATE_UNCLEAR, why)
    if found.tau is None or found.interval is None:
        why = f"the {found.count} results or what is predicted of them are all alike; the strategy goes on without it"
        return Reliability("Unknown", PlainReason.SURROGATE_UNCLEAR, why)
    low, high = found.interval
    message = (
        f"{asked.model}: Kendall's tau {found.tau:.2f} (95 % interval {low:.2f} "
        f"to {high:.2f}) of {found.count} results, "
        "each predicted from others"
    )
    if found.ranks:
        return Reliability("True", PlainReason.SURROGATE_RANKS, message)
    return Reliability("False", PlainReason.SURROGATE_DOES_NOT_RANK, f"{message}; the strategy goes on without it")
