"""Which trials of an earlier experiment are candidates of a search's space, and why the others are not. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from nas_client.errors import InvalidInput
from nas_client.importing.experiment import LISTED, EarlierExperiment, EarlierTrial, number
from nas_client.importing.names import sources
from nas_core.api.strategy import Objective
from nas_core.records.knowledge import KnownCandidate
from nas_core.spaces import ArchitectureError, SearchSpace
from nas_core.spaces.decisions import REAL_DIGITS, Choice, Decision, Integer

METRICS = 16
"""Metrics of a candidate that are kept: those of objectives first."""
REASONS = 20
"""Different reasons that are told apart."""


@dataclass
class DecisionFit:
    """How far an experiment has values for one decision of a space."""

    decision: Decision
    source: str | None
    """The parameter that it is taken from; None: there is none."""
    earlier: str
    """What the parameter could be there."""
    fits: int = 0
    """Trials with a value of the decision."""
    wrong: Counter[str] = field(default_factory=Counter)
    """Values that it does not have, with the number of trials; "" where a trial has none."""


@dataclass(frozen=True)
class Fit:
    """What of an experiment can be used in a space."""

    decisions: tuple[DecisionFit, ...]
    unused: tuple[str, ...]
    """Parameters that the space does not have."""
    metrics: Mapping[str, str | None]
    """By objective the metric that it is taken from; None: there is none."""
    left_out: Counter[str]
    """Why trials are not used, with their number."""
    results: tuple[KnownCandidate, ...]
    """What is used, in the order of the trials; of a candidate with several results the last."""


def fit(
    experiment: EarlierExperiment,
    space: SearchSpace,
    objectives: Sequence[Objective],
    renamed: Mapping[str, str],
    metrics: Mapping[str, str],
    fixed: Mapping[str, str],
) -> Fit:
    """Look at each trial.

    Args:
        experiment: what was read.
        space: of the search, with its hyperparameters.
        objectives: of the search.
        renamed: by parameter the decision that it is.
        metrics: by metric of the experiment the one that it is.
        fixed: by decision the value that all trials had, which no parameter says.

    Raises:
        InvalidInput: if a name that people gave is not there, or an objective has the opposite goal.
    """
    parameters = _parameters(experiment)
    names = [decision.name for decision in space.decisions]
    found = sources(names, parameters, renamed, "--rename", "parameter or decision")
    measured = sources([one.metric for one in objectives], experiment.goals, metrics, "--metric", "metric")
    _refuse_opposite(experiment, objectives, measured)
    _refuse_unknown(space, fixed)
    looks = {
        one.name: DecisionFit(one, found.get(one.name), parameters.get(found.get(one.name, ""), ""))
        for one in space.decisions
    }
    left_out: Counter[str] = Counter()
    results: dict[str, KnownCandidate] = {}
    for trial in experiment.trials:
        if not trial.complete:
            left_out[f"not complete ({trial.state})"] += 1
            continue
        values = _values(space, trial, looks, fixed)
        lacking = [one.metric for one in objectives if measured.get(one.metric) not in trial.metrics]
        if reason := _reason(space, values, lacking):
            left_out[reason if len(left_out) < REASONS or reason in left_out else "other reasons"] += 1
            continue
        assert values is not None
        key = space.canonical(values)
        if results.pop(key, None):
            left_out["a later trial has the same candidate"] += 1
        results[key] = KnownCandidate(index=trial.index, values=values, metrics=_kept(trial, measured))
    used = set(found.values())
    return Fit(
        decisions=tuple(looks.values()),
        unused=tuple(name for name in parameters if name not in used),
        metrics={one.metric: measured.get(one.metric) for one in objectives},
        left_out=left_out,
        results=tuple(results.values()),
    )


def written(decision: Decision, text: str) -> str | None:
    """Return a value as a decision writes it; None if it has no such value.

    Numbers are equal however they are written, real ones to as many digits as the decision has.
    """
    if decision.allows(text):
        return text
    value = number(text)
    if isinstance(decision, Choice):
        same = (
            one
            for one in decision.options
            if one.lower() == text.lower() or (value is not None and number(one) == value)
        )
        return next(same, None)
    if value is None:
        return None
    if isinstance(decision, Integer):
        rounded = str(int(value)) if value.is_integer() else ""
    else:
        rounded = f"{value + 0.0:.{REAL_DIGITS}g}"
    return rounded if rounded and decision.allows(rounded) else None


def _parameters(experiment: EarlierExperiment) -> dict[str, str]:
    """Return what each parameter could be; where the tool does not say, what it has been."""
    seen: dict[str, dict[str, None]] = {}
    for trial in experiment.trials:
        for name, value in trial.values.items():
            values = seen.setdefault(name, {})
            if len(values) <= LISTED:
                values[value] = None
    return {
        name: experiment.parameters.get(name)
        or ", ".join([*list(values)[:LISTED], *(["…"] if len(values) > LISTED else [])])
        for name, values in seen.items()
    }


def _values(
    space: SearchSpace, trial: EarlierTrial, looks: Mapping[str, DecisionFit], fixed: Mapping[str, str]
) -> dict[str, str] | None:
    """Return a value for each decision of the space; None if a trial has not all of them."""
    whole = True

    def choose(decision: Decision) -> str:
        nonlocal whole
        look = looks[decision.name]
        given = fixed.get(decision.name) or trial.values.get(look.source or "")
        value = None if given is None else written(decision, given)
        if value is None:
            whole = False
            look.wrong[given or ""] += 1
            # So that the decisions after it are looked at too.
            return decision.first
        look.fits += 1
        return value

    values = space.complete(choose)
    return values if whole else None


def _reason(space: SearchSpace, values: dict[str, str] | None, lacking: Sequence[str]) -> str | None:
    if values is None:
        return "no value of this space for every decision"
    if lacking:
        return f"no value of {lacking[0]}"
    try:
        space.validate(values)
    except ArchitectureError:
        return "the space has a rule against it"
    return None


def _kept(trial: EarlierTrial, measured: Mapping[str, str]) -> dict[str, float]:
    objectives = {here: trial.metrics[earlier] for here, earlier in measured.items()}
    others = {name: value for name, value in sorted(trial.metrics.items()) if name not in objectives}
    return dict(list((objectives | others).items())[:METRICS])


def _refuse_opposite(
    experiment: EarlierExperiment, objectives: Sequence[Objective], measured: Mapping[str, str]
) -> None:
    for one in objectives:
        earlier = measured.get(one.metric, "")
        goal = experiment.goals.get(earlier)
        if goal is not None and goal != one.goal:
            raise InvalidInput(
                f"{experiment.tool} was to {goal} {earlier!r}, and the search is to {one.goal} {one.metric!r}: they "
                "are not the same; name another metric with --metric EARLIER=HERE"
            )


def _refuse_unknown(space: SearchSpace, fixed: Mapping[str, str]) -> None:
    known = {decision.name: decision for decision in space.decisions}
    for name, value in fixed.items():
        if name not in known:
            raise InvalidInput(
                f"--set {name}={value}: the space has no decision {name!r}; it has: {', '.join(known)[:500]}"
            )
        if written(known[name], value) is None:
            raise InvalidInput(f"--set {name}={value}: must be {known[name].expected[:500]}")
