"""The metrics of the trainer that ships: what they are called, which way is better, and which values they can have.

A metric of predictions is named by its split: ``val_accuracy`` while searching, ``test_accuracy`` after retraining. The
rules of `nas_core.api.metric_rules` are made from the three tables.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

SPLITS = ("train", "val", "test")


@dataclass(frozen=True)
class Known:
    """What is known of a metric before anything is measured."""

    less_is_better: bool = True
    least: float = 0.0
    most: float = math.inf


_SHARE = Known(less_is_better=False, most=1.0)
_COUNT = Known(least=1.0)

PREDICTIONS: Mapping[str, Known] = {
    "loss": Known(),
    "log_loss": Known(),
    "calibration_error": Known(most=1.0),
    "mse": Known(),
    "rmse": Known(),
    "mae": Known(),
    "accuracy": _SHARE,
    "subset_accuracy": _SHARE,
    "top_5_accuracy": _SHARE,
    "balanced_accuracy": _SHARE,
    "f1": _SHARE,
    "f1_micro": _SHARE,
    "average_precision": _SHARE,
    "roc_auc": _SHARE,
    "r2": Known(less_is_better=False, least=-math.inf, most=1.0),
}
"""Each with the prefix of its split."""
NETWORKS: Mapping[str, Known] = {
    "parameters": _COUNT,
    "flops": _COUNT,
    "parameters_as_written": _COUNT,
    "flops_as_written": _COUNT,
    "latency_ms": Known(),
    "latency_p90_ms": Known(),
    "throughput_per_s": Known(less_is_better=False),
    "train_seconds": Known(),
    "examples_per_second": Known(less_is_better=False),
}
"""Of size and speed."""
STD = "_std"
"""End of the name of a standard deviation over several trainings of what stands before it."""
ENDINGS: Mapping[str, Known] = {"_bytes": _COUNT, STD: Known()}
"""Whatever is before them: sizes, and standard deviations of several trainings."""

TIMED = ("latency_ms", "latency_p90_ms", "throughput_per_s")
"""Metrics that are wrong when others use the device meanwhile (``contended`` of a trial's status)."""

REPORTED: Mapping[str, tuple[str, ...]] = {
    "classification": (
        *("loss", "accuracy", "balanced_accuracy", "f1", "top_5_accuracy"),
        *("calibration_error", "log_loss", "average_precision", "roc_auc"),
    ),
    "multiLabel": ("loss", "accuracy", "subset_accuracy", "f1", "f1_micro", "average_precision", "roc_auc"),
    "regression": ("loss", "mse", "rmse", "mae", "r2"),
}
"""What a trial of each kind of task reports of the validation split."""
OF_DEVICES = ("parameters", "flops", "peak_activation_bytes", "int8_peak_activation_bytes", "int8_bytes", *TIMED)
"""What devices limit: known of each network before it is trained."""
SAME_FOR_ALL = (*(*OF_DEVICES, "parameters_as_written", "flops_as_written", "train_seconds", "train_loss"),)
"""What it reports whatever the task; those as written are of NAS-Bench-201 alone."""
WRITTEN_OTHERWISE = {
    "acc": "val_accuracy",
    "top1": "val_accuracy",
    "val_top1": "val_accuracy",
    "top5": "val_top_5_accuracy",
    "val_top5": "val_top_5_accuracy",
    "auc": "val_roc_auc",
    "val_auc": "val_roc_auc",
    "val_auroc": "val_roc_auc",
    "val_ap": "val_average_precision",
    "val_f1_score": "val_f1",
    "params": "parameters",
    "num_params": "parameters",
    "model_size": "int8_bytes",
    "size": "int8_bytes",
    "memory": "peak_activation_bytes",
    "macs": "flops",
    "validation_accuracy": "val_accuracy",
    "validation_loss": "val_loss",
}
"""What others call some of them."""


def reported(kind: str) -> tuple[str, ...]:
    """Return the names of what is reported of predictions while a task of a kind (:data:`REPORTED`) is searched."""
    progress = "train_r2" if kind == "regression" else "train_accuracy"
    return (*(f"val_{name}" for name in REPORTED[kind]), progress)


def of_network(metric: str) -> bool:
    """Whether a metric follows from the network alone: the same whoever measures it, and however it is trained."""
    return (metric in NETWORKS and NETWORKS[metric] is _COUNT) or metric.endswith("_bytes")


def nearest(metric: str, known: Iterable[str]) -> str | None:
    """Return the known name that a wrong one was meant to be, None if that is not clear."""
    if metric in WRITTEN_OTHERWISE:
        return WRITTEN_OTHERWISE[metric]

    def like(name: str) -> bool:
        # Such as val_acuracy: the beginning and the end are right.
        ends = len(metric) > 5 and name.startswith(metric[:5]) and name.endswith(metric[-2:])
        same = name in (f"val_{metric}", metric.replace("test_", "val_"), metric.lower())
        return same or name.startswith(metric) or ends

    return next(filter(like, known), None)


def on_test_split(metric: str) -> str:
    """Return the name of a metric on the test split: ``test_accuracy`` of ``val_accuracy``; others keep theirs."""
    return "test_" + metric.removeprefix("val_") if metric.startswith("val_") else metric


def known(metric: str) -> Known | None:
    """Return what is known of a metric by its name; None of one that is not the trainer's."""
    ending = next((of for end, of in ENDINGS.items() if metric.endswith(end)), None)
    split, _, rest = metric.partition("_")
    return ending or NETWORKS.get(metric) or PREDICTIONS.get(rest if split in SPLITS else metric)


def pattern(suits: Callable[[Known], bool]) -> str:
    """Return a regular expression (RE2 and Python's) for the names of those metrics that suit."""
    predicted, others, ends = ([name for name, of in t.items() if suits(of)] for t in (PREDICTIONS, NETWORKS, ENDINGS))
    parts = [f"(({'|'.join(SPLITS)})_)?({'|'.join(predicted)})"] if predicted else []
    return f"^({'|'.join([*parts, *others, *(f'.*{end}' for end in ends)])})$"
