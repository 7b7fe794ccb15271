"""How good a model is by class, by confidence and by error: numbers of the judged examples, for tables and pictures.

Pure: from outputs and targets to numbers. N examples.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nas_model.predictions import Predictions
from nas_model.preprocessing.forms import ClassesForm, NumbersForm
from nas_trial.learning_tasks.predictions import CALIBRATION_BINS, calibration_error, f1_scores


@dataclass(frozen=True)
class ClassRow:
    """A class, or a label that examples may have."""

    name: str
    examples: int
    """That are of it."""
    precision: float
    """Share of those predicted to be of it that are; 0 if none is."""
    recall: float
    """Share of its examples that are found; 0 if there is none."""
    f1: float


@dataclass(frozen=True)
class Reliability:
    """How far confidence can be trusted: by range of confidence, what share is right."""

    confidence: NDArray[np.float64]
    """Mean of each range that has examples."""
    right: NDArray[np.float64]
    """Share of each range."""
    error: float
    """Expected calibration error (`nas_trial.learning_tasks.predictions.calibration_error`)."""


@dataclass(frozen=True)
class ClassesQuality:
    """Of a classification."""

    rows: Sequence[ClassRow]
    confusion: NDArray[np.int64] | None
    """Examples by their class and the predicted one (classes, classes); None where they may have several labels."""
    reliability: Reliability


@dataclass(frozen=True)
class NumberRow:
    """A target of a regression, in its unit."""

    name: str
    bias: float
    """Mean of predicted minus true."""
    mae: float
    rmse: float
    half_within: float
    """Half of the examples have no larger error."""
    most_within: float
    """Nine tenths have no larger error."""


@dataclass(frozen=True)
class NumbersQuality:
    """Of a regression."""

    rows: Sequence[NumberRow]
    true: NDArray[np.float64]
    """(N, targets)."""
    predicted: NDArray[np.float64]
    """(N, targets)."""


Quality = ClassesQuality | NumbersQuality


def quality_of(outputs: NDArray[np.float32], targets: NDArray[Any], target: ClassesForm | NumbersForm) -> Quality:
    """Return how good outputs are.

    Args:
        outputs: of the network (N, outputs).
        targets: classes (N), labels (N, classes) or numbers (N) or (N, outputs), in the target's unit.
        target: what they stand for.
    """
    found = Predictions(outputs, target)
    if isinstance(target, NumbersForm):
        return _of_numbers(found, targets.reshape(len(targets), -1).astype(np.float64), target)
    if target.kind == "labels":
        return _of_labels(found, targets > 0.5, target.names)
    return _of_classes(found, targets.astype(np.int64), target.names)


def _of_classes(found: Predictions, true: NDArray[np.int64], names: Sequence[str]) -> ClassesQuality:
    count, predicted = len(names), found.outputs.argmax(1)
    confusion = np.bincount(true * count + predicted, minlength=count * count).reshape(count, count)
    rows = _rows(names, confusion.diagonal(), confusion.sum(0), confusion.sum(1))
    return ClassesQuality(rows, confusion, _reliability(found.probabilities.max(1), predicted == true))


def _of_labels(found: Predictions, true: NDArray[np.bool_], names: Sequence[str]) -> ClassesQuality:
    predicted = found.outputs > 0
    rows = _rows(names, (predicted & true).sum(0), predicted.sum(0), true.sum(0))
    # Of each label the confidence in what is said of it: that it is there, or that it is not.
    confidence = np.where(predicted, found.probabilities, 1 - found.probabilities)
    return ClassesQuality(rows, None, _reliability(confidence.ravel(), (predicted == true).ravel()))


def _rows(
    names: Sequence[str], right: NDArray[np.int64], predicted: NDArray[np.int64], true: NDArray[np.int64]
) -> list[ClassRow]:
    precision, recall = (right / np.maximum(each, 1) for each in (predicted, true))
    f1 = f1_scores(right, predicted, true)
    columns = (true.tolist(), precision.tolist(), recall.tolist(), f1.tolist())
    return [ClassRow(*values) for values in zip(names, *columns, strict=True)]


def _reliability(confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> Reliability:
    place = np.minimum((confidence * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)  # as calibration_error does
    counts, sums, hits = (
        np.bincount(place, weights, CALIBRATION_BINS) for weights in (None, confidence, right.astype(np.float64))
    )
    there = counts > 0
    return Reliability(sums[there] / counts[there], hits[there] / counts[there], calibration_error(confidence, right))


def _of_numbers(found: Predictions, true: NDArray[np.float64], target: NumbersForm) -> NumbersQuality:
    predicted = found.numbers.reshape(true.shape)
    names = target.columns or tuple(f"target {number}" for number in range(1, true.shape[1] + 1))
    rows = []
    for name, errors in zip(names, (predicted - true).T, strict=True):
        half, most = np.quantile(np.abs(errors), [0.5, 0.9])
        rows.append(
            NumberRow(
                name,
                bias=float(errors.mean()),
                mae=float(np.abs(errors).mean()),
                rmse=float(np.sqrt((errors**2).mean())),
                half_within=float(half),
                most_within=float(most),
            )
        )
    return NumbersQuality(rows, true, predicted)
