"""Which candidates are not worth training: what is known of them before breaks a constraint of the search.

For those that are trained (`nas_trial.work.train`) and those that are looked up (`nas_trial.lookup`) alike, so that a
rehearsal refuses what the search itself would. Needs no PyTorch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nas_core.api.strategy import Constraint
from nas_core.contract import TrialResult
from nas_core.metric_names import TIMED
from nas_core.states import Outcome
from nas_trial.process.log import log


def broken_constraint(known: Mapping[str, float], contended: bool, constraints: Sequence[Constraint]) -> str | None:
    """Say which constraint a network breaks before it is trained, None if none; times on a busy device do not count."""
    for constraint in constraints:
        value = known.get(constraint.metric)
        if value is None or (contended and constraint.metric in TIMED):
            continue
        if constraint.broken_by(value):
            bounds = f"min {constraint.min or '-'}, max {constraint.max or '-'}"
            return f"{constraint.metric} is {value:.6g}, constraints ask for {bounds}; it was not trained"
    return None


def refused(known: Mapping[str, float], why: str, attempt: int) -> TrialResult:
    """Return the result of a candidate that is not trained, with what is known of it."""
    log("refused", message=why)
    return TrialResult(
        outcome=Outcome.REFUSED, reason="ConstraintBroken", message=why, metrics=dict(known), attempt=attempt
    )
