"""The table as it is made: rows with both seeds, gone on with where it ended, within its time."""

import csv
import json
import math
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from benchmarks.supernet import ground_truth
from benchmarks.supernet.architectures import choose


@pytest.fixture
def data(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    parts = {
        f"{part}_{kind}": rng.integers(top, size=(count, *shape)).astype(np.uint8)
        for part, count in (("train", 48), ("test", 20))
        for kind, top, shape in (("images", 256, (28, 28)), ("labels", 10, ()))
    }
    np.savez_compressed(tmp_path / "tiny.npz", **parts)  # type: ignore[arg-type]
    return tmp_path / "tiny.npz"


def run(data: Path, *more: str, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    table = data.with_name("table.csv")
    sizes = ["--random", "2", "--strong", "1", "--epochs", "1", "--batch", "16"]
    monkeypatch.setattr(sys, "argv", ["x", "--data", str(data), "--out", str(table), *sizes, *more])
    monkeypatch.setattr(torch, "set_num_threads", lambda threads: None)  # of the tests' process
    assert ground_truth.main() == 0
    with table.open(newline="") as file:
        return list(csv.DictReader(file))


def test_every_architecture_has_a_row_with_both_seeds(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = run(data, monkeypatch=monkeypatch)
    assert {row["id"] for row in rows} == {one.id for one in choose(2, 1, seed=0)}
    for row in rows:
        assert all(0 <= float(row[f"{name}_s{seed}"]) <= 1 for name in ("val_acc", "test_acc") for seed in (0, 1))
        assert float(row["seconds_s0"]) > 0 and int(row["macs"]) > 0 and int(row["parameters"]) > 0
    notes = json.loads(data.with_name("table.json").read_text())
    assert [run["trained"] for run in notes["runs"]] == [3]
    assert notes["images"] == {"train": 40, "val": 8, "test": 20}
    assert notes["recipe"]["epochs"] == 1


def test_a_table_is_gone_on_with_and_a_row_cut_off_is_made_again(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = run(data, monkeypatch=monkeypatch)
    table = data.with_name("table.csv")
    table.write_text(table.read_text()[:-20])
    accuracies = [{name: value for name, value in row.items() if "seconds" not in name} for row in whole]
    rows = run(data, monkeypatch=monkeypatch)
    assert [{name: value for name, value in row.items() if "seconds" not in name} for row in rows] == accuracies
    assert run(data, monkeypatch=monkeypatch) == rows


def test_rows_that_are_added_have_the_recipe_of_the_others(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(data, "--strong", "0", monkeypatch=monkeypatch)
    rows = run(data, "--epochs", "2", monkeypatch=monkeypatch)
    assert len(rows) == 3
    assert json.loads(data.with_name("table.json").read_text())["recipe"]["epochs"] == 1


def test_what_a_search_chose_is_added_once(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = run(data, monkeypatch=monkeypatch)
    texts = data.with_name("chosen.txt")
    new = "|none~0|+|none~0|none~1|+|nor_conv_1x1~0|none~1|none~2|"
    texts.write_text(f"{first[0]['architecture']}\n{new}\n{new}\n")
    rows = run(data, "--given", str(texts), monkeypatch=monkeypatch)
    assert rows[:3] == first
    assert [(row["origin"], row["architecture"]) for row in rows[3:]] == [("given", new)]
    notes = json.loads(data.with_name("table.json").read_text())
    assert [run["trained"] for run in notes["runs"]] == [3, 1]
    assert notes["choice"] == {"random": 2, "strong": 1, "seed": 0}


def test_without_time_no_training_is_begun(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(data, "--limit-s", "0", monkeypatch=monkeypatch) == []


@pytest.mark.parametrize(("steps_per_s", "epochs"), [(2000, 5), (100, 3), (1e6, 12)])
def test_epochs_are_as_many_as_fit_within_bounds(steps_per_s: float, epochs: int) -> None:
    assert ground_truth.fitted_epochs(200, steps_per_s, 320, 195) == epochs


def test_those_that_stand_for_all_begin_with_the_dearest() -> None:
    chosen = choose(20, 3, seed=0)
    some = ground_truth.spread(chosen, 8)
    macs = [int(ground_truth.described(one)["macs"]) for one in some]
    assert len(some) == math.ceil(23 / 3)
    assert macs == sorted(macs, reverse=True)
    assert macs[0] == max(int(ground_truth.described(one)["macs"]) for one in chosen)
    assert len(ground_truth.spread(chosen[:2])) == 2
