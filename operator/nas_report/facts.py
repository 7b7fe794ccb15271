"""What the report says in words: how the search ended, what it was given, what it cost, and what was warned of."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from nas_core.api.search import NASSearchSpec
from nas_core.api.search_status import NASSearchStatus
from nas_core.records.conditions import find
from nas_core.records.search import SearchView
from nas_core.records.trial import TrialView
from nas_core.states import ConditionType, Work

WARNINGS = 40
"""Different warnings and faults; the rest is counted."""

Fact = tuple[str, str]
"""A name and what it is."""


def headline(search: SearchView) -> str:
    """Say how the search stands, as the operator does."""
    found = find(search.status.conditions, ConditionType.PROGRESSING)
    return f"{found.reason}: {found.message}" if found else "The operator has not looked at it yet."


def facts(search: SearchView, spec: NASSearchSpec, trials: Sequence[TrialView]) -> list[Fact]:
    """Return what the search was given and what it took."""
    return [(name, value) for name, value in _facts(search, spec, trials) if value]


def _facts(search: SearchView, spec: NASSearchSpec, trials: Sequence[TrialView]) -> Iterator[Fact]:
    status, plan = search.status, search.status.plan
    yield "namespace", search.meta.namespace
    yield "objectives", ", ".join(f"{each.goal} {each.metric}" for each in spec.objectives)
    yield "constraints", ", ".join(_limits(c.metric, c.min, c.max) for c in spec.constraints)
    for target in spec.targets:
        yield f"target {target.name}", ", ".join(_limits(c.metric, c.min, c.max) for c in target.constraints)
    size = f" ({plan.space_size} encodings)" if plan and plan.space_size else ""
    yield (
        "search space",
        (spec.search_space.name or (spec.search_space.ref.name if spec.search_space.ref else "own")) + size,
    )
    reason = f" ({plan.strategy_reason})" if plan and plan.strategy_reason else ""
    yield "strategy", (plan.strategy if plan else "") + reason
    yield "epochs of a candidate", str(spec.evaluation.epochs or "")
    yield "trials", f"{status.progress or ''} ended" + _counts(status)
    yield "data", status.dataset.describe() if status.dataset else ""
    yield "started", f"{status.start_time:%Y-%m-%d %H:%M} UTC" if status.start_time else ""
    yield "ended", f"{status.completion_time:%Y-%m-%d %H:%M} UTC" if status.completion_time else ""
    yield "trial-hours", f"{status.cost.trial_seconds / 3600:.3g}"
    yield "GPU-hours", f"{status.cost.gpu_seconds / 3600:.3g}" if status.cost.gpu_seconds else ""
    yield "hypervolume", status.hypervolume or ""
    yield "rank correlation with full training", status.rank_correlation or ""
    yield "objects", status.storage_root or ""
    yield "image", next((trial.status.image_id for trial in trials if trial.status.image_id), "")


def _limits(metric: str, low: object, high: object) -> str:
    parts = [f"{word} {bound}" for word, bound in (("at least", low), ("at most", high)) if bound is not None]
    return f"{metric} {' and '.join(parts)}"


def _counts(status: NASSearchStatus) -> str:
    counts = status.trials.model_dump(exclude={"total", "succeeded"})
    shown = [f"{count} {state}" for state, count in counts.items() if count]
    return f"; {', '.join(shown)}" if shown else ""


def warnings(search: SearchView, trials: Sequence[TrialView]) -> list[str]:
    """Return what was warned of, each once with the number of trials, the most frequent first."""
    counted: Counter[str] = Counter()
    for trial in trials:
        counted.update(set(trial.status.warnings))
        if trial.recorded and trial.compared:
            counted.update(f"failed: {why}" for why in set(trial.failures))
    found = list(search.status.dataset.warnings) if search.status.dataset else []
    found += [f"{text} ({count} trials)" if count > 1 else text for text, count in counted.most_common(WARNINGS)]
    rest = len(counted) - WARNINGS
    return [*found, f"… and {rest} more kinds of warnings"] if rest > 0 else found


def hours_by_work(trials: Sequence[TrialView]) -> list[dict[str, str | float]]:
    """Return the hours that each kind of work took, of trials and of GPUs."""
    seconds: dict[tuple[Work, str], float] = defaultdict(float)
    for trial in trials:
        seconds[trial.spec.work, "trial-hours"] += trial.status.trial_seconds
        seconds[trial.spec.work, "GPU-hours"] += trial.status.gpu_seconds
    return [{"work": work.value, "of": of, "hours": taken / 3600} for (work, of), taken in seconds.items() if taken]
