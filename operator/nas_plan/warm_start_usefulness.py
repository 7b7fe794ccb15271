"""Whether results go with what earlier searches foresaw that a search began with: the condition `WarmStartUseful`.

What follows from it strategies decide by themselves, from the same results (`nas_search.foresight`);
`nas_plan.search_status` tells people.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from nas_core.history import Earlier
from nas_core.reasons import PlainReason
from nas_core.records.conditions import MESSAGE_LIMIT
from nas_core.records.search import ReadableSearch
from nas_plan.proxy_reliability import Reliability
from nas_plan.surrogate_reliability import tau_of
from nas_plan.wording import counted
from nas_search.predictors.worth import Foreseen

NOTHING_KNOWN = Reliability(
    "Unknown",
    PlainReason.NO_EARLIER_RESULTS,
    "the knowledge base of the namespace had nothing of this task, these objectives and these decisions; the search "
    "began without earlier results",
)


def began_without(search: ReadableSearch, earlier: Sequence[Earlier]) -> bool:
    """Whether a search asked for entries of the knowledge base, and began without any earlier results."""
    asked = search.spec.warm_start is not None and search.spec.warm_start.knowledge is not None
    return asked and not earlier and not search.earlier and (search.begun or search.knowledge_read)


def warm_start_usefulness(
    found: Sequence[Foreseen], distances: Mapping[str, float | None] = MappingProxyType({})
) -> Reliability:
    """Return the condition for what results say of the earlier searches that a search began with.

    ``distances``: of their data to those of the search, where they are known.
    """
    message = "; ".join(_in_words(one, distances.get(one.source)) for one in found)[:MESSAGE_LIMIT]
    kept = [one for one in found if not one.dropped]
    if not kept:
        return Reliability("False", PlainReason.EARLIER_RESULTS_CONTRADICTED, message)
    if any(one.here.ranks for one in kept):
        return Reliability("True", PlainReason.EARLIER_RESULTS_AGREE, message)
    return Reliability("Unknown", PlainReason.EARLIER_RESULTS_UNCLEAR, message)


def _in_words(one: Foreseen, distance: float | None) -> str:
    here, count = one.here, counted(one.here.count, "result")
    if here.tau is None:
        said = f"{count} so far" if here.count < 2 else f"{count}, which are all alike"
    elif here.interval is None:
        said = f"Kendall's tau {here.tau:.2f} of what it foresaw with {count}"
    else:
        said = f"{tau_of(here)} of what it foresaw with {count}"
    apart = "" if distance is None else f" (distance {distance:.2f})"
    return f"{one.source}{apart}: {said}, {'dropped' if one.dropped else 'used'}"
