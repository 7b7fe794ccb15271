"""Whether the search's own evaluation ranks architectures as full training does: the condition `ProxyReliable`.

A search trains briefly, or with shared weights, or looks up a table; `spec.retrain` trains the best in full. Where both
disagree, the winner has won by the shortcut. `nas_plan.search_status` asks for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from nas_core.ranks import USEFUL_TAU, kendall_tau, rank_correlation, tau_interval
from nas_core.reasons import PlainReason


class Reliability(NamedTuple):
    """The condition: whether it holds, and why."""

    holds: Literal["True", "False", "Unknown"]
    reason: PlainReason
    message: str


def reliability(pairs: Sequence[tuple[float, float]]) -> Reliability:
    """Judge by values of the first objective, in the search and after full training, a pair an architecture.

    It holds if the interval of Kendall's tau is above zero, and does not if it is below `USEFUL_TAU`; else it is
    unknown.
    Those that are trained again are the best of the search, which differ less than its candidates do: a tau over all of
    them would be higher.
    """
    count = len(pairs)
    before, after = [one for one, _ in pairs], [other for _, other in pairs]
    tau, rho = kendall_tau(before, after), rank_correlation(before, after)
    interval = None if tau is None else tau_interval(tau, count)
    if tau is None or rho is None or interval is None:
        trained = "one architecture was" if count == 1 else f"{count} architectures were"
        return Reliability("Unknown", PlainReason.RANKS_UNCLEAR, f"{trained} trained again, which is too few to say")
    low, high = interval
    message = (
        f"of {count} architectures that were trained again: Kendall's tau {tau:.2f} (95 % interval {low:.2f} to "
        f"{high:.2f}), Spearman's rho {rho:.2f}"
    )
    if low > 0:
        return Reliability("True", PlainReason.RANKS_AGREE, message)
    if high < USEFUL_TAU:
        return Reliability("False", PlainReason.RANKS_DISAGREE, message)
    return Reliability("Unknown", PlainReason.RANKS_UNCLEAR, message)
