"""Whether the best of a search is better than simple models on the same data, by more than the noise of the validation.

Noise is the standard error of the simple model's metric, by bootstrapping the validation examples (`Baseline.errors`).
The best of many candidates looks better than it is, so that one standard error would be beaten by luck too often.
"""

from __future__ import annotations

from collections.abc import Sequence

from nas_core.api.strategy import Objective
from nas_core.api.trial import Baseline
from nas_core.objectives import best_value, cost_of

ERRORS = 2.0
"""Standard errors by which the best has to be better."""


def within_noise(objective: Objective, values: Sequence[float], baseline: Sequence[Baseline]) -> str | None:
    """Say for people that the best of some values is not clearly better than the best simple model, None if it is.

    None also if there is no simple model with that metric.
    """
    metric = objective.metric
    known = {each.metrics[metric]: each for each in baseline if metric in each.metrics and metric in each.errors}
    if not known or not values:
        return None
    best, value = best_value(objective, values), best_value(objective, known)
    simple = known[value]
    if cost_of(objective, value) - cost_of(objective, best) > ERRORS * simple.errors[metric]:
        return None
    return (
        f"the best {metric}, {best:.4g}, is not better than the baseline {simple.name}, {value:.4g}, by more than the "
        f"noise ({ERRORS:g} standard errors of {simple.errors[metric]:.2g})"
    )
