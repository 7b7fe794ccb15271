"""How metrics are named by split: ``val_accuracy`` while searching, ``test_accuracy`` after retraining."""

from __future__ import annotations

TIMED = ("latency_ms", "latency_p90_ms", "throughput_per_s")
"""Metrics that are wrong when others use the device meanwhile (``contended`` of a trial's status)."""


def on_test_split(metric: str) -> str:
    """Return the name of a metric on the test split: ``test_accuracy`` of ``val_accuracy``; others keep theirs."""
    return "test_" + metric.removeprefix("val_") if metric.startswith("val_") else metric
