"""From columns to what a training would have reported, epoch by epoch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from nas_core.api.benchmark import MetricColumn
from nas_core.api.strategy import Constraint
from nas_core.api.trial import CandidateSpec
from nas_core.api.types import PROXY_PREFIX
from nas_core.states import Work
from nas_trial.errors import CandidateRejected
from nas_trial.measuring.metric_names import COUNTED, KNOWN

SECONDS = "train_seconds"
"""The metric whose column tells how long a training took, if none is named."""


@dataclass(frozen=True)
class CurvePoint:
    """What is known at the end of an epoch."""

    epoch: int
    seconds: float
    """Of training so far."""
    metrics: Mapping[str, float]


TabulatedCurve = Sequence[CurvePoint]
"""At least one point, the last one at the end of the training."""

LookUp = Callable[[CandidateSpec], TabulatedCurve]
"""Returns a candidate's curve; raises CandidateRejected if there is none."""


def judged(columns: Sequence[MetricColumn], work: Work, proxies: Sequence[str] = ()) -> list[MetricColumn]:
    """Return the metrics that a kind of work reports: a search never sees those of the test split.

    Retraining reports them in place of those on the validation split; scoring reports what is known without training,
    the scores of ``proxies`` and what is counted.

    Raises:
        CandidateRejected: if a score is asked for that there is no column for.
    """
    if work == Work.SCORE:
        return _scores(columns, [PROXY_PREFIX + proxy for proxy in proxies])
    columns = [column for column in columns if not column.name.startswith(PROXY_PREFIX)]
    if work == Work.TRAIN:
        return [column for column in columns if not column.name.startswith("test_")]
    tested = {column.name.removeprefix("test_") for column in columns if column.name.startswith("test_")}
    return [column for column in columns if column.name.removeprefix("val_") not in tested or _tests(column)]


def _scores(columns: Sequence[MetricColumn], wanted: Sequence[str]) -> list[MetricColumn]:
    names = {column.name for column in columns}
    if missing := [name for name in wanted if name not in names]:
        raise CandidateRejected(
            "BenchmarkInvalid",
            f"evaluation.benchmark has no {missing[0]}, which evaluation.prefilter or strategy.zeroCost asks for; it "
            f"has {', '.join(sorted(names))[:500]}; name its column in evaluation.benchmark.metrics, or other proxies",
        )
    return [column for column in columns if column.name in (*wanted, *COUNTED)]


def known_before(curve: TabulatedCurve, constraints: Sequence[Constraint]) -> dict[str, float]:
    """Return what the trainer itself would know before the training that a curve tells.

    Raises:
        CandidateRejected: if the curve lacks a metric of a constraint: nobody could tell who keeps it.
    """
    reported = curve[-1].metrics
    if missing := [c.metric for c in constraints if c.metric not in reported]:
        raise CandidateRejected(
            "BenchmarkInvalid",
            f"evaluation.benchmark has no {missing[0]}, which constraints name; it has "
            f"{', '.join(sorted(reported))[:500]}; name its column in evaluation.benchmark.metrics, or remove the "
            "constraint from the rehearsal",
        )
    return {name: value for name, value in curve[0].metrics.items() if name in KNOWN}


def _tests(column: MetricColumn) -> bool:
    return column.name.startswith("test_")


def curve_of_row(
    row: Mapping[str, float], columns: Sequence[MetricColumn], seconds_column: str | None, epochs: int
) -> TabulatedCurve:
    """Return the curve that a row of a table tells: a point for each of the epochs that columns are for.

    The seconds are of the longest training that there is a column for, and shared out evenly over its epochs.

    Raises:
        CandidateRejected: if a metric has columns only for more epochs than are trained.
    """
    tabulated = {column.epochs for column in columns if column.epochs}
    whole = max(tabulated, default=epochs)
    seconds = row[seconds_column] if seconds_column else 0.0
    for name in {column.name for column in columns}:
        first = min(column.epochs or 0 for column in columns if column.name == name)
        if first > epochs:
            raise CandidateRejected(
                "SpecInvalid",
                f"evaluation.epochs is {epochs}, but evaluation.benchmark.metrics has {name} from {first} epochs on; "
                f"train {first} or more",
            )
    return [
        # Only where every metric is known, so that all points have the same metrics.
        CurvePoint(epoch, seconds * epoch / whole, _at(row, columns, epoch))
        for epoch in sorted({*(e for e in tabulated if e < epochs and _complete(columns, e)), epochs})
    ]


def _complete(columns: Sequence[MetricColumn], epoch: int) -> bool:
    names = {column.name for column in columns}
    return names == {column.name for column in columns if (column.epochs or 0) <= epoch}


def _at(row: Mapping[str, float], columns: Sequence[MetricColumn], epoch: int) -> dict[str, float]:
    # Later columns replace earlier ones: what counts is the longest training up to this epoch.
    known = sorted((column for column in columns if (column.epochs or 0) <= epoch), key=lambda c: c.epochs or 0)
    return {column.name: scaled(row[column.column], column) for column in known}


def scaled(value: float, column: MetricColumn) -> float:
    """Return a metric's value: in decimals, so that a percentage of 91.6 becomes 0.916 and nothing near it."""
    return float(Decimal(str(value)) * Decimal(column.scale))
