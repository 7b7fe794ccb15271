from __future__ import annotations

from benchmarks.defaults.data import CASES
from benchmarks.defaults.report import HEAD, row
from benchmarks.defaults.search import Outcome
from tests.support.factories import DATASET

from nas_core.api.trial import Baseline


def test_a_row_has_a_cell_for_each_heading_and_the_loss_that_each_model_tells() -> None:
    metrics = {"val_accuracy": 0.5, "val_log_loss": 0.75, "test_accuracy": 0.6, "test_log_loss": 0.7}
    models = [Baseline(name=name, metrics=metrics, examples=9) for name in ("majority", "linear")]
    summary = DATASET.model_copy(update={"training": 1200, "test": 10, "baseline": models})
    best = {"val_accuracy": 0.9, "val_loss": 0.3, "test_accuracy": 0.8}
    outcome = Outcome(summary, (), "val_accuracy", best, candidates=20, failed=1, seconds=2.0)
    cells = [cell.strip() for cell in row("wine", CASES["wine"], outcome).split("|")]
    assert len(cells) == len(HEAD.split("|"))
    assert cells[1:6] == ["wine", "tabular-classification", "1,200", "held-out", "accuracy"]
    assert cells[6:9] == ["0.600 (0.7)", "0.600 (0.7)", "-"]
    assert cells[9:-1] == ["0.900 (0.3)", "0.500 (0.75)", "0.800", "20", "1", "2.0"]
