"""Whether results go with the zero-cost scores that a search began with: the condition `ScoresReliable`.

What follows from it strategies decide by themselves, from the same results (`nas_search.score_agreement`);
`nas_plan.search_status` tells people.
"""

from __future__ import annotations

from nas_core.reasons import PlainReason
from nas_plan.proxy_reliability import Reliability
from nas_plan.wording import counted
from nas_search.score_agreement import JUDGED_FROM, Agreement


def score_reliability(agreement: Agreement) -> Reliability:
    """Return the condition for how the results of scored candidates agree with their scores."""
    count = counted(agreement.results, "scored candidate")
    if agreement.credible is None or agreement.tau is None:
        why = (
            f"{count} with a result, which differ too little" if agreement.results >= JUDGED_FROM else f"{count} so far"
        )
        return Reliability("Unknown", PlainReason.SCORES_UNCLEAR, why)
    message = f"Kendall's tau of scores and results is {agreement.tau:.2f}, of {count}"
    if agreement.credible:
        return Reliability("True", PlainReason.SCORES_AGREE, message)
    return Reliability(
        "False",
        PlainReason.SCORES_CONTRADICTED,
        f"{message}; the other kept candidates are skipped, and the strategy goes on as without scores",
    )
