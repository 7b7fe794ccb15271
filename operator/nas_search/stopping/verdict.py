"""What the rule that a search names (`spec.evaluation.earlyStopping`) says of a running trial."""

from __future__ import annotations

from nas_core.api.early_stopping import EarlyStopping
from nas_search.stopping.asha import asha
from nas_search.stopping.extrapolation import extrapolation
from nas_search.stopping.learning_curves import Cohort, Evidence, LearningCurve
from nas_search.stopping.median import median
from nas_search.stopping.wilcoxon import wilcoxon


def verdict(rule: EarlyStopping, running: LearningCurve, since: int, others: Cohort, epochs: int) -> Evidence | None:
    """Return why to stop ``running``, which is to be trained for ``epochs``; None: let it go on.

    ``since``: the last epoch that was looked at before. ``others`` may hold the curve itself.
    """
    if not rule.min_epochs <= running.epochs[-1] < epochs:
        return None
    if rule.median is not None:
        return median(running, others, rule.min_trials)
    if rule.asha is not None:
        return asha(running, since, others, rule.min_trials, rule.min_epochs, rule.asha.reduction_factor)
    if rule.curve is not None:
        return extrapolation(running, others, rule.min_trials, epochs)
    if rule.wilcoxon is not None:
        return wilcoxon(running, others, rule.min_trials, rule.min_epochs, float(rule.wilcoxon.p_threshold))
    raise AssertionError("early stopping has exactly one member")
