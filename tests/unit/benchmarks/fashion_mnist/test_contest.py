from __future__ import annotations

import csv
from pathlib import Path

import pytest
import torch
import yaml
from benchmarks.fashion_mnist import __main__ as program
from benchmarks.fashion_mnist import report
from benchmarks.fashion_mnist.contest import EXAMPLES, HAND_MADE, Contest
from benchmarks.fashion_mnist.hand_made import HandMade
from benchmarks.fashion_mnist.process import TRAINER, Event, Run
from benchmarks.fashion_mnist.report import Row
from benchmarks.ledger import Ledger

from nas_core.api.search import NASSearchSpec
from nas_core.contract import TrialInput, TrialResult
from nas_core.spaces import get_space
from nas_trial.measuring.measure import parameters

SPEC = NASSearchSpec.model_validate(yaml.safe_load(program.SEARCH.read_text())["spec"])
EPOCH_S, START_S = 20.0, 5.0
"""What an epoch and all that comes before the first take in these tests."""


class Processes:
    """Trials that take their time without doing anything: a candidate is the better, the later it was asked for."""

    def __init__(self) -> None:
        self.ran: list[tuple[str, TrialInput, str]] = []
        self.asked: list[str] = []

    def __call__(self, name: str, trial: TrialInput, module: str) -> Run:
        self.ran.append((name, trial, module))
        cpu, events, metrics = START_S, [], {}
        for candidate in (*trial.candidates,) or (None,):
            events.append(Event({"event": "start"}, cpu))
            for epoch in range(trial.evaluation.epochs):
                cpu += EPOCH_S
                events.append(Event({"event": "epoch", "epoch": epoch + 1}, cpu))
            if candidate and candidate.id not in self.asked:
                self.asked.append(candidate.id)
            value = self.asked.index(candidate.id) / 100 if candidate else 0.5
            judged = "test" if trial.work == "Retrain" else "val"
            metrics = {f"{judged}_accuracy": value, "parameters": 1000.0, "flops": 8e6}
            if len(trial.candidates) > 1 and candidate:
                events.append(
                    Event({"event": "candidate", "id": candidate.id, "outcome": "Succeeded", "metrics": metrics}, cpu)
                )
        return Run(events, TrialResult(outcome="Succeeded", metrics=metrics), cpu)


def contest(path: Path, processes: Processes, minutes: float = 30, search_minutes: float = 11) -> Contest:
    return Contest(SPEC, 60 * minutes, 60 * search_minutes, Ledger(path / "ledger.jsonl", "these"), processes)  # type: ignore[arg-type]


def test_the_best_of_a_search_is_trained_with_what_is_left(tmp_path: Path) -> None:
    processes = Processes()
    row = contest(tmp_path, processes).searched(seed=3)
    *searched, (_, retrained, module) = processes.ran
    assert (retrained.work, module) == ("Retrain", TRAINER)
    assert [candidate.id for candidate in retrained.candidates] == [processes.asked[-1]]
    assert row.candidates == len(processes.asked) == len({*processes.asked})
    assert {trial.seed for _, trial, _ in processes.ran} == {3}
    spent = sum(START_S + EPOCH_S * len(trial.candidates) * SPEC.evaluation.epochs for _, trial, _ in searched)
    assert row.search_minutes == pytest.approx(spent / 60)
    assert row.cpu_minutes == pytest.approx((spent + START_S + EPOCH_S * row.epochs) / 60)


def test_a_search_begins_no_candidate_after_its_share(tmp_path: Path) -> None:
    processes = Processes()
    row = contest(tmp_path, processes, search_minutes=0.1).searched(seed=1)
    assert row.candidates == SPEC.budget.parallel_trials
    assert len(processes.ran) == 2


def test_without_a_search_a_short_trial_tells_how_many_epochs_there_are(tmp_path: Path) -> None:
    processes = Processes()
    row = contest(tmp_path, processes).hand_made(seed=1)
    (_, short, module), (_, full, _) = processes.ran
    assert (short.work, full.work, module) == ("Train", "Retrain", HAND_MADE)
    assert short.evaluation == SPEC.evaluation
    assert (row.search_minutes, row.candidates) == (0, 0)
    assert row.cpu_minutes == pytest.approx((2 * START_S + EPOCH_S * (SPEC.evaluation.epochs + row.epochs)) / 60)


def test_epochs_fill_the_budget_but_for_what_is_spared(tmp_path: Path) -> None:
    """An epoch of all images is longer than one of those that are left beside the validation split."""
    judged = contest(tmp_path, Processes())
    held_out = float(SPEC.task.dataset.validation_fraction)
    assert EXAMPLES * (1 - held_out) > 0
    whole = EPOCH_S * (1 + 0.3 / 6) / (1 - held_out + 0.3 * held_out)
    epochs = judged.epochs(1000, EPOCH_S)
    assert epochs * whole <= 1000 - 0.05 * 1800 < (epochs + 1) * whole
    assert judged.epochs(1000, EPOCH_S, longer=2) in (2 * epochs, 2 * epochs + 1)
    assert judged.epochs(1000, 10_000) == 1


def test_what_is_done_is_not_done_again(tmp_path: Path) -> None:
    first, again = Processes(), Processes()
    row = contest(tmp_path, first).random(seed=2)
    assert contest(tmp_path, again).random(seed=2) == row
    assert not again.ran
    other = Contest(SPEC, 1800, 660, Ledger(tmp_path / "ledger.jsonl", "others"), again)  # type: ignore[arg-type]
    other.random(seed=2)
    assert len(again.ran) == len(first.ran)


def test_random_architectures_differ_by_seed_and_are_of_the_space(tmp_path: Path) -> None:
    processes = Processes()
    for seed in (1, 2):
        contest(tmp_path, processes).random(seed)
    assert len(processes.asked) == 2
    for _, trial, _ in processes.ran:
        get_space(SPEC.search_space).validate(trial.candidates[0].architecture)


def test_a_candidate_that_failed_has_no_metrics() -> None:
    events = [
        Event({"event": "start"}, 1.0),
        Event({"event": "epoch"}, 3.0),
        Event({"event": "candidate", "id": "a", "outcome": "Failed", "metrics": {}}, 3.5),
        Event({"event": "start"}, 4.0),
        Event({"event": "epoch"}, 5.0),
        Event({"event": "epoch"}, 8.0),
        Event({"event": "candidate", "id": "b", "outcome": "Succeeded", "metrics": {"x": 1.0}}, 8.5),
    ]
    judged = Run(events, TrialResult(outcome="Succeeded"), 9.0).judged(["a", "b"])
    assert (judged["a"].metrics, judged["b"].metrics) == (None, {"x": 1.0})
    assert (judged["a"].epoch_cpu, judged["b"].epoch_cpu) == (2.0, 2.0)


def test_the_hand_made_network_counted_by_hand() -> None:
    network = HandMade(channels=1, classes=10, width=4)
    convolutions = 9 * (1 * 4 + 4 * 4 + 4 * 8 + 8 * 8 + 8 * 16 + 16 * 16)
    assert parameters(network) == convolutions + 2 * 2 * (4 + 8 + 16) + 16 * 10 + 10
    assert network({"image": torch.zeros(2, 1, 28, 28)}).shape == (2, 10)


ROWS = [
    Row("search", 1, 0.94, 29.0, 10.5, 24, 40, 456_789, 9_700_000, "s1(…)"),
    Row("search", 2, 0.93, 28.0, 10.0, 24, 40, 456_789, 9_700_000, "s1(…)"),
    Row("hand-made CNN", 1, 0.925, 29.5, 0.0, 0, 27, 288_000, 29_130_000, "hand-made CNN"),
]


def test_the_table_has_a_line_a_network() -> None:
    header, _, first, *_ = report.table(ROWS).splitlines()
    assert header.startswith("| contestant | seed | test accuracy |")
    assert first == "| search | 1 | 0.9400 | 29.0 | 10.5 | 40 | 457 k | 9.7 M |"


def test_the_headline_has_the_mean_of_each_contestant_and_the_most_that_was_spent() -> None:
    assert report.headline(ROWS, 30) == (
        "test accuracy in 30 CPU-minutes (at most 29.5 used): search 0.9350 (0.9300 to 0.9400), hand-made CNN 0.9250"
    )


def test_the_csv_has_a_row_a_network(tmp_path: Path) -> None:
    report.write(tmp_path / "out" / "rows.csv", ROWS)
    with (tmp_path / "out" / "rows.csv").open(newline="") as file:
        found = list(csv.DictReader(file))
    assert [(row["contestant"], row["seed"]) for row in found] == [
        ("search", "1"),
        ("search", "2"),
        ("hand-made CNN", "1"),
    ]
    assert float(found[0]["test_accuracy"]) == 0.94
