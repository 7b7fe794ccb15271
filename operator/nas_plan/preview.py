"""What a search may cost at most, known before anything is spent (`status.plan`)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import MAX_EMAX, Context, Decimal

from nas_core.api.base import parse_duration
from nas_core.api.gradient import gradient_of
from nas_core.api.search import NASSearchSpec
from nas_core.api.search_status import ChosenSetting, Plan
from nas_core.api.supernet_rules import shares, supernet_epochs
from nas_core.api.surrogate_rules import predicts
from nas_core.spaces import get_space
from nas_plan.phases.score import draw_candidates, pack_missing
from nas_plan.phases.supernet import wanted
from nas_plan.targets import most_tried
from nas_search import Ladder, strategy_name

EXACT = 10**15
"""Size from which a space's is rounded: nobody reads more digits."""
_THREE_DIGITS = Context(prec=3, Emax=MAX_EMAX)


def preview(spec: NASSearchSpec, strategy_reason: str | None = None, chosen: Sequence[ChosenSetting] = ()) -> Plan:
    """Return the plan of a search; the reason is for a strategy that was chosen for it, as ``chosen`` were."""
    space = get_space(spec.search_space, spec.hyperparameters)
    candidates = most_candidates(spec) if space.size is None else min(most_candidates(spec), space.size)
    again = min(candidates, spec.retrain.top * max(1, len(spec.targets))) if spec.retrain else 0
    scored, packs, supernets = len(draw_candidates(spec)), len(pack_missing(spec, ())), len(wanted(spec))
    rungs = spec.strategy.rungs
    each = len(Ladder.of(rungs, spec.evaluation.epochs).epochs) if rungs else 1
    return Plan(
        candidates=candidates,
        space_size=written_size(space.size),
        scored=scored or None,
        epochs=_epochs(spec, candidates)
        # Trained on everything, there are no folds.
        + again * (spec.retrain.epochs if spec.retrain else 0) * spec.evaluation.repeats,
        gpu_hours_at_most=_gpu_hours(spec, _pods(spec, candidates, each) + again + packs, supernets),
        strategy=(strategy_name(spec.strategy) or "") + (f" with {rungs.scheduler}" if rungs else ""),
        strategy_reason=strategy_reason,
        objective=spec.objectives[0].metric,
        chosen=list(chosen),
    )


def most_candidates(spec: NASSearchSpec) -> int:
    """Return how many candidates are evaluated at most: those of the budget, or what a gradient strategy derives."""
    gradient = gradient_of(spec.strategy)
    return min(most_tried(spec), gradient.runs) if gradient else most_tried(spec)


def _pods(spec: NASSearchSpec, candidates: int, rungs: int) -> int:
    """Return how many pods evaluate the candidates; of predictions none does."""
    return 0 if predicts(spec) else rungs * math.ceil(candidates / spec.evaluation.candidates_per_trial)


def _epochs(spec: NASSearchSpec, candidates: int) -> int:
    """Return the epochs of the supernets and of the candidates; these are not always trained."""
    trained = 0 if shares(spec) or predicts(spec) else candidates * spec.evaluation.epochs * spec.evaluation.trainings
    return len(wanted(spec)) * supernet_epochs(spec) + trained


def written_size(size: int | None) -> str | None:
    """Return the size of a space as it is shown; None for one with a real decision."""
    if size is None:
        return None
    # Decimal, as a float ends at 1.8e308, which 35 integer decisions of 1e9 values pass.
    return str(size) if size < EXACT else f"{Decimal(size).normalize(_THREE_DIGITS):g}"


def _gpu_hours(spec: NASSearchSpec, trials: int, supernets: int) -> str | None:
    """Bound the GPU-hours by the trials' limit and by the search's, whichever is less; disruptions come on top."""
    gpus = spec.trial_template.gpus
    if gpus == 0:
        return "0"
    bounds = []
    # It does not bound supernets.
    if spec.evaluation.max_trial_duration and not supernets:
        hours = parse_duration(spec.evaluation.max_trial_duration).total_seconds() / 3600
        # The limit is an attempt's, and every attempt may run up to it.
        bounds.append(trials * spec.trial_template.max_attempts * hours)
    if spec.budget.max_duration:
        bounds.append(spec.budget.parallel_trials * parse_duration(spec.budget.max_duration).total_seconds() / 3600)
    if spec.budget.max_gpu_hours is not None:
        bounds.append(float(spec.budget.max_gpu_hours) / gpus)
    return f"{min(bounds) * gpus:.2f}".rstrip("0").rstrip(".") if bounds else None
