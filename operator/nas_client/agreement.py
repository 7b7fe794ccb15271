"""Whether a training that is on record and the same one done again agree. Pure.

With one seed, one machine and the same packages all numbers are the same. Where they are not, by chance is what further
seeds give: a recorded value agrees if it is in the prediction interval of one more training (95 %, Student's t).
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from nas_core.metric_names import TIMED

OF_THE_MACHINE = frozenset({*TIMED, "train_seconds", "examples_per_second", "device_wait_share"})
"""Metrics that no two trainings share."""
QUANTILES = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)
"""Of Student's t at 97.5 %, from 1 degree of freedom. Source: NIST/SEMATECH e-Handbook, section 1.3.6.7.2."""
MOST_SEEDS = len(QUANTILES) + 1
ROUNDING = 1e-9
"""Relative: values this near are equal where all trainings have the same value."""


@dataclass(frozen=True)
class Training:
    """What came of a training, and what it was done with."""

    metrics: Mapping[str, float]
    dataset_hash: str | None = None
    weights: str | None = None
    """SHA-256 of the file; None: not known."""
    made_with: Mapping[str, str] | None = None
    """Versions of packages, number of threads and GPUs; None: not known."""


@dataclass(frozen=True)
class Comparison:
    """A metric: as recorded, and of each training that was done again."""

    metric: str
    recorded: float
    again: tuple[float | None, ...]
    agrees: bool | None
    """None: the verdict does not go by it."""


@dataclass(frozen=True)
class Verdict:
    """What came of the comparison."""

    agrees: bool
    why: str
    metrics: tuple[Comparison, ...]
    differences: tuple[str, ...]
    """Of data and of what the trainings were done with; the reasons, if the numbers differ."""


def same(recorded: Training, again: Training) -> bool:
    """Whether two trainings have the same numbers, bit for bit; weights count where both are known."""
    unknown = None in (recorded.weights, again.weights)
    return _same_metrics(recorded, again) and (unknown or recorded.weights == again.weights)


def on_other_data(recorded: Training, again: Training) -> bool:
    """Whether two trainings are known to be on data that are not the same."""
    hashes = {recorded.dataset_hash, again.dataset_hash}
    return None not in hashes and len(hashes) > 1


def judge(recorded: Training, again: Sequence[Training], deterministic: bool, decisive: Sequence[str]) -> Verdict:
    """Compare a training with those that were done again, the first of them with its own seed.

    Args:
        recorded: what is on record.
        again: at least one.
        deterministic: whether numbers have to be the same, as all was done to make them so.
        decisive: metrics that decide by the spread of several trainings; those that are not recorded do not count,
            and if none is left all do.
    """
    first, differences = again[0], tuple(_differences(recorded, again[0]))
    if on_other_data(recorded, first):
        return Verdict(False, "it was trained on other data", _exact(recorded, first), differences)
    if same(recorded, first):
        what = "metrics" if None in (recorded.weights, first.weights) else "metrics and weights"
        return Verdict(True, f"{what} are the same, bit for bit", _exact(recorded, first), differences)
    if deterministic or len(again) == 1:
        what = "weights" if _same_metrics(recorded, first) else "metrics"
        return Verdict(False, f"the {what} are not the same", _exact(recorded, first), differences)
    counts = {name for name in decisive if name in recorded.metrics} or set(_compared(recorded))
    rows = tuple(_by_spread(name, recorded, again, name in counts) for name in _compared(recorded))
    out = [row.metric for row in rows if row.agrees is False]
    spread = f"the spread of {len(again)} seeds"
    why = f"outside of {spread}: {', '.join(out)}" if out else f"within {spread}"
    return Verdict(not out, why, rows, differences)


def _compared(recorded: Training) -> list[str]:
    """Return the names of what is compared: of a trial not all that it reported is on record."""
    return [name for name in recorded.metrics if name not in OF_THE_MACHINE]


def _same_metrics(recorded: Training, again: Training) -> bool:
    return all(again.metrics.get(name) == recorded.metrics[name] for name in _compared(recorded))


def _exact(recorded: Training, again: Training) -> tuple[Comparison, ...]:
    pairs = ((name, recorded.metrics[name], again.metrics.get(name)) for name in _compared(recorded))
    return tuple(Comparison(name, old, (new,), old == new) for name, old, new in pairs)


def _by_spread(name: str, recorded: Training, again: Sequence[Training], counts: bool) -> Comparison:
    old, values = recorded.metrics[name], tuple(training.metrics.get(name) for training in again)
    known = [value for value in values if value is not None]
    agrees = len(known) == len(again) and _within(old, known)
    return Comparison(name, old, values, agrees if counts else None)


def _within(value: float, others: Sequence[float]) -> bool:
    """Whether a value is in the prediction interval of one more draw beside ``others``."""
    mean, deviation = statistics.fmean(others), statistics.stdev(others)
    reach = QUANTILES[len(others) - 2] * deviation * math.sqrt(1 + 1 / len(others))
    return abs(value - mean) <= reach or math.isclose(value, mean, rel_tol=ROUNDING)


def _differences(recorded: Training, again: Training) -> Iterator[str]:
    pairs = {"data": (recorded.dataset_hash, again.dataset_hash)}
    if recorded.made_with is not None and again.made_with is not None:
        old, new = recorded.made_with, again.made_with
        pairs |= {name: (old.get(name), new.get(name)) for name in dict.fromkeys([*old, *new])}
    for name, (then, now) in pairs.items():
        if then != now:
            yield f"{name}: {then or 'not known'} then, {now or 'not known'} now"
