"""How metrics are named by split: ``val_accuracy`` while searching, ``test_accuracy`` after retraining."""

from __future__ import annotations


def on_test_split(metric: str) -> str:
    """Return the name of a metric on the test split: ``test_accuracy`` of ``val_accuracy``; others keep theirs."""
    return "test_" + metric.removeprefix("val_") if metric.startswith("val_") else metric
