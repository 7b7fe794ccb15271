"""Whether the predictor of a search ranks results that it was not fitted to: the condition `SurrogateReliable`.

What follows from it strategies decide by themselves, by the same numbers (`nas_search.judged`), and which earlier
searches are used; `nas_plan.search_status` tells people.
"""

from __future__ import annotations

from nas_core.reasons import PlainReason
from nas_core.records.conditions import MESSAGE_LIMIT
from nas_plan.proxy_reliability import Reliability
from nas_search.judged import Judged
from nas_search.predictors.held_out import HeldOut
from nas_search.predictors.worth import SourceWorth, Worth


def surrogate_reliability(found: Worth | None, judged: Judged) -> Reliability:
    """Return the condition for what held-out results say of the predictor; None: there were too few."""
    sources = sources_in_words(found) if found else ""
    held_out = found.held_out if found else None
    if held_out is None:
        why = f"it is judged when {judged.after} results have a value of every objective{sources}"
        return Reliability("Unknown", PlainReason.SURROGATE_UNCLEAR, why[:MESSAGE_LIMIT])
    if held_out.tau is None or held_out.interval is None:
        why = f"the {held_out.count} results or what is predicted of them are all alike"
        return Reliability(
            "Unknown", PlainReason.SURROGATE_UNCLEAR, f"{why}; {judged.otherwise}{sources}"[:MESSAGE_LIMIT]
        )
    results = "results of earlier searches" if found and found.from_earlier else "results"
    message = f"{judged.model}: {tau_of(held_out)} of {held_out.count} {results}, each predicted from others"
    if held_out.ranks:
        return Reliability("True", PlainReason.SURROGATE_RANKS, f"{message}{sources}"[:MESSAGE_LIMIT])
    message = f"{message}; {judged.otherwise}{sources}"
    return Reliability("False", PlainReason.SURROGATE_DOES_NOT_RANK, message[:MESSAGE_LIMIT])


def tau_of(found: HeldOut) -> str:
    """Write Kendall's tau with its interval."""
    assert found.tau is not None and found.interval is not None, "too few results have neither"
    low, high = found.interval
    return f"Kendall's tau {found.tau:.2f} (95 % interval {low:.2f} to {high:.2f})"


def sources_in_words(found: Worth) -> str:
    """Say of each earlier search what it is worth, and whether it is used: the end of a message."""
    return "".join(f"; {_in_words(source)}" for source in found.sources)


def _in_words(source: SourceWorth) -> str:
    own, here = source.own, source.here
    said = f"{source.source}: {own.count} results"
    said += f", tau {own.tau:.2f} among them" if own.tau is not None else ", which are all alike"
    if here.tau is not None and here.interval is not None:
        low, high = here.interval
        said += f", {here.tau:.2f} ({low:.2f} to {high:.2f}) with {here.count} of this search"
    if source.used:
        return f"{said}, used"
    return f"{said}, dropped as {'these contradict it' if source.contradicted else 'they cannot be ranked'}"
