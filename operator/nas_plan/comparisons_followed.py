"""What comparisons come to in a search's status: the weights that they say, and the condition `ComparisonsFollowed`."""

from __future__ import annotations

from collections.abc import Sequence

from nas_core.api.search_status import LearntUtility, ObjectiveWeight
from nas_core.api.strategy import Objective
from nas_core.comparisons import Compared
from nas_core.reasons import PlainReason
from nas_plan.limits.words import listed
from nas_plan.proxy_reliability import Reliability
from nas_plan.wording import counted


def learnt_utility(compared: Compared, objectives: Sequence[Objective]) -> LearntUtility | None:
    """Return what is learnt of the objectives; None if nothing is."""
    if compared.utility is None:
        return None
    found = [(objective.metric, compared.utility.weight(place)) for place, objective in enumerate(objectives)]
    return LearntUtility(
        comparisons=len(compared.used),
        not_followed=len(compared.contradicted),
        weights=[
            ObjectiveWeight(metric=metric, weight=f"{of.share:.3f}", low=f"{of.low:.3f}", high=f"{of.high:.3f}")
            for metric, of in found
        ],
    )


def comparisons_followed(compared: Compared) -> Reliability | None:
    """Return the condition; None while there is neither a fault nor anything to order."""
    if compared.unknown:
        message = (
            f"spec.guidance.comparisons name {listed([*map(str, compared.unknown)])}, without a result, and "
            f"{counted(len(compared.used), 'comparison')} of others; wait for results, or correct or remove them: "
            "nasctl trials lists indices"
        )
        return Reliability("False", PlainReason.CANDIDATES_UNKNOWN, message)
    if compared.utility is None:
        return None
    of = counted(len(compared.used), "comparison")
    if contradicted := compared.contradicted:
        message = f"{len(contradicted)} of {of} not followed: {listed([*map(str, contradicted)])}"
        return Reliability("False", PlainReason.COMPARISONS_CONTRADICTED, message)
    return Reliability("True", PlainReason.ALL_FOLLOWED, of)
