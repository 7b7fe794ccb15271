"""A data set's row of the table."""

from __future__ import annotations

from collections.abc import Mapping

from benchmarks.defaults.data import Case
from benchmarks.defaults.search import Outcome

HEAD = (
    "| data set | task | rows | half | metric | majority | linear | boosting | best, validation | linear "
    "| best, test | candidates | failed | s each |"
)
LOSSES = ("log_loss", "rmse", "loss")
"""The first that is known of a model: `loss` of a classifier without label smoothing is its `log_loss`."""


def half(case: Case) -> str:
    """Return whether the rules may be chosen on a data set, or are only evaluated on it."""
    return "tuned" if case.tuned else "held-out"


def row(name: str, case: Case, outcome: Outcome) -> str:
    """Return a row: each metric with the loss, which tells more where there are few examples."""
    metric, summary = outcome.metric, outcome.summary
    test = metric.replace("val_", "test_") if summary.test else metric
    cells = [name, case.kind, f"{summary.training:,}", half(case), metric.removeprefix("val_")]
    cells += [_simple(outcome, model, test) for model in ("majority", "linear", "gradient-boosting")]
    cells += [_shown(outcome.best, metric), _simple(outcome, "linear", metric), _shown(outcome.best, test)]
    return "| " + " | ".join([*cells, str(outcome.candidates), str(outcome.failed), f"{outcome.seconds:.1f}"]) + " |"


def _simple(outcome: Outcome, model: str, metric: str) -> str:
    names = {model, "mean"} if model == "majority" else {model}
    found = next((each for each in outcome.summary.baseline if each.name in names), None)
    return _shown(found.metrics, metric) if found else "-"


def _shown(metrics: Mapping[str, float], metric: str) -> str:
    if metric not in metrics:
        return "-"
    split = metric.partition("_")[0]
    loss = next((f" ({metrics[name]:.3g})" for each in LOSSES if (name := f"{split}_{each}") in metrics), "")
    return f"{metrics[metric]:.3f}{loss}"
