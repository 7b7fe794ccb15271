"""Small data sets of every task with test splits, and models that the trainer makes of them."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from PIL import Image

from nas_core.api.space import SearchSpaceSpec
from nas_core.contract import TrialInput, TrialResult
from nas_core.spaces import get_space
from nas_core.states import Work
from nas_model.predictions import Predictions
from nas_storage.directory_store import DirectoryStore
from nas_storage.store import ObjectStore
from nas_trial.process.metrics_endpoint import MetricsEndpoint
from nas_trial.process.stop import StopFlag
from nas_trial.process.watchdog import Watchdog
from nas_trial.work.attempt import Attempt
from nas_trial.work.table import WORK

STORAGE = {"bucket": "bucket", "root": "root"}
SIZES = {"train": 60, "val": 20, "test": 30}


@dataclass(frozen=True)
class Case:
    """A task, its data, and what a model of it is asked."""

    task: Mapping[str, Any]
    space: Mapping[str, Any]
    write: Callable[[Path], None]
    """Writes the data into a folder."""
    ask: Callable[[Path], tuple[Any, Any]]
    """Returns from that folder what is predicted for, raw, and the true labels or numbers of the test split."""


def retrained(case: Case, directory: Path, **changes: Any) -> tuple[TrialResult, Path]:
    """Train a candidate of a case; return the result and the folder of its bundle."""
    data, store = directory / "data", DirectoryStore(directory / "objects")
    data.mkdir(exist_ok=True)
    case.write(data)
    trial = trial_of(case, data, **changes)
    result = WORK[Work.RETRAIN](attempt_of(trial, store))
    assert result.bundle is not None, result
    return result, store.directory / result.bundle.removeprefix("s3://bucket/")


def trial_of(case: Case, data: Path, **changes: Any) -> TrialInput:
    """Return the input of a retraining."""
    spec = SearchSpaceSpec.model_validate(case.space)
    space = get_space(spec)
    architecture = space.sample(np.random.default_rng(3))
    task = {**case.task, "dataset": {**case.task.get("dataset", {}), "path": str(data)}}
    given: dict[str, Any] = {
        "identity": {
            "namespace": "team",
            "search": "small",
            "searchUID": "uid",
            "trial": "small-0",
            "index": 0,
            "attempt": 1,
        },
        "work": "Retrain",
        "space": case.space,
        "candidates": [
            {"id": "one", "architecture": architecture, "text": space.text(architecture), "origin": "Random"}
        ],
        "task": task,
        "evaluation": {"epochs": 4, "batchSize": 16, "optimizer": {"name": "adamw", "learningRate": "0.01"}},
        "seed": 7,
        "storage": STORAGE,
    }
    return TrialInput.model_validate(given | changes)


def attempt_of(trial: TrialInput, store: ObjectStore | None) -> Attempt:
    """Return an attempt of a trial that nobody watches."""
    return Attempt(trial, StopFlag(), Watchdog(print), MetricsEndpoint(trial.identity), store)


def reported(found: Predictions, truth: Any) -> dict[str, float]:
    """Return metrics, as the trainer names them, from what a user of a model sees."""
    if found.target.kind == "numbers":
        errors = found.numbers - truth
        return {"rmse": float(np.sqrt((errors**2).mean(0)).mean()), "mae": float(np.abs(errors).mean())}
    names = found.target.names
    if found.target.kind == "labels":
        right = [{name for name, there in zip(names, row, strict=True) if there} for row in truth]
        same = np.mean([set(one) == other for one, other in zip(found.labels, right, strict=True)])
        return {"subset_accuracy": float(same)}
    places = [names.index(label) for label in truth]
    probability = found.probabilities[np.arange(len(found)), places]
    accuracy = float(np.mean([one == other for one, other in zip(found.labels, truth, strict=True)]))
    return {"accuracy": accuracy, "log_loss": float(-np.log(probability).mean())}


def _splits(seed: int) -> list[tuple[str, np.random.Generator, int]]:
    return [(split, np.random.default_rng([seed, k]), count) for k, (split, count) in enumerate(SIZES.items())]


def _table(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def rows_of(path: Path) -> list[dict[str, str]]:
    """Return the rows of a table as a person's program would read them."""
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def _columns(path: Path, *targets: str) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    rows = rows_of(path)
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    return {name: values for name, values in columns.items() if name not in targets}, {
        name: columns[name] for name in targets
    }


def _write_images(folder: Path) -> None:
    for split, rng, count in _splits(1):
        for number in range(count):
            name = ("dark", "light", "striped")[number % 3]
            pixels = rng.integers(0, 120, (20, 24)) + (100 if name == "light" else 0)
            if name == "striped":
                pixels[::4] = 255
            path = folder / split / name
            path.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels.astype(np.uint8)).save(path / f"{number:03d}.png")


def _write_sounds(folder: Path) -> None:
    for split, rng, count in _splits(2):
        for number in range(count):
            name = ("high", "low")[number % 2]
            hertz = (900 if name == "high" else 300) + rng.normal(0, 60)
            wave = 0.4 * np.sin(2 * np.pi * hertz * np.arange(6000) / 12_000) + rng.normal(0, 0.05, 6000)
            path = folder / split / name
            path.mkdir(parents=True, exist_ok=True)
            soundfile.write(path / f"{number:03d}.wav", wave, 12_000)


def _files(folder: Path, ending: str) -> tuple[Path, list[str]]:
    """Return the folder of the test split, and the class of each file in the order of their paths."""
    test = folder / "test"
    return test, [path.parent.name for path in sorted(test.rglob(f"*.{ending}"))]


WORDS = {"spam": ["buy", "cheap", "pills", "now"], "ham": ["meeting", "notes", "agenda", "lunch"]}


def _text(rng: np.random.Generator, label: str) -> str:
    words = [str(rng.choice(WORDS[label])) for _ in range(5)] + [f"word{rng.integers(30)}" for _ in range(4)]
    return " ".join(rng.permutation(words)) + "!"


def _write_texts(folder: Path) -> None:
    for split, rng, count in _splits(3):
        labels = [("ham", "spam")[number % 2] for number in range(count)]
        _table(folder / f"{split}.csv", [{"body": _text(rng, label), "label": label} for label in labels])


def _write_series(folder: Path) -> None:
    arrays: dict[str, np.ndarray] = {}
    for split, rng, count in _splits(4):
        y = np.arange(count) % 3
        phase = rng.uniform(0, 1, (count, 1))
        time = np.arange(32)
        x = np.stack([np.sin(time * (y[:, None] + 1) / 4 + phase), np.cos(time / 9 + phase * y[:, None])], 1)
        x[:, 1, :2] = np.nan
        arrays |= {f"x_{split}": (x * 3 + 10).astype(np.float32), f"y_{split}": y}
    np.savez(folder / "data.npz", **arrays)  # type: ignore[arg-type]


def _person(rng: np.random.Generator, number: int) -> dict[str, Any]:
    age, city = int(rng.integers(18, 80)), str(rng.choice(["Rom", "Ulm", "Kiel"]))
    income = "" if number % 7 == 0 else f"{rng.normal(3000, 800):.2f}"
    member = str(rng.choice(["true", "FALSE"]))
    score = age / 20 + (2 if city == "Ulm" else 0) + (member == "true") + rng.normal(0, 0.3)
    return {"age": age, "city": city, "income": income, "member": member, "code": int(rng.integers(1, 4)), "_s": score}


def _write_people(folder: Path) -> None:
    for split, rng, count in _splits(5):
        people = [_person(rng, number) for number in range(count)]
        rows = [{**person, "risk": "bad" if person["_s"] > 4 else "good"} for person in people]
        if split == "test":
            rows[0]["city"] = "Bonn"  # training has none such
        _table(folder / f"{split}.csv", [{k: v for k, v in row.items() if k != "_s"} for row in rows])


def _write_prices(folder: Path) -> None:
    for split, rng, count in _splits(6):
        people = [_person(rng, number) for number in range(count)]
        rows = [{**p, "price": f"{1e5 + 3e4 * p['_s']:.1f}", "weight": f"{p['_s'] - 5:.3f}"} for p in people]
        _table(folder / f"{split}.csv", [{k: v for k, v in row.items() if k != "_s"} for row in rows])


def _write_topics(folder: Path) -> None:
    for split, rng, count in _splits(7):
        rows = []
        for _ in range(count):
            spam, ham = (int(rng.integers(2)) for _ in range(2))
            text = (_text(rng, "spam") if spam else "") + " " + (_text(rng, "ham") if ham else "nothing")
            rows.append({"text": text, "ads": spam, "work": ham})
        _table(folder / f"{split}.csv", rows)


def _write_goods(folder: Path) -> None:
    (folder / "pictures").mkdir(exist_ok=True)
    for split, rng, count in _splits(8):
        rows = []
        for number in range(count):
            label = ("ham", "spam")[number % 2]
            name = f"pictures/{split}-{number}.png"
            Image.fromarray(rng.integers(0, 200 if label == "ham" else 255, (12, 12, 3), np.uint8)).save(folder / name)
            cost = f"{rng.normal(10 if label == 'ham' else 12, 1):.3f}"
            rows.append(
                {"image": name, "text": _text(rng, label), "cost": cost, "shop": str(rng.integers(3)), "y": label}
            )
        _table(folder / f"{split}.csv", rows)


def _series(folder: Path) -> tuple[Any, Any]:
    with np.load(folder / "data.npz") as data:
        return data["x_test"], [str(label) for label in data["y_test"]]


def _of_table(*targets: str) -> Callable[[Path], tuple[Any, Any]]:
    def ask(folder: Path) -> tuple[Any, Any]:
        inputs, truth = _columns(folder / "test.csv", *targets)
        return inputs, truth[targets[0]] if len(targets) == 1 else np.array(list(truth.values()), float).T

    return ask


def _texts(folder: Path) -> tuple[Any, Any]:
    inputs, truth = _columns(folder / "test.csv", "label")
    return inputs["body"], truth["label"]


CASES: Mapping[str, Case] = {
    "image": Case(
        {"type": "image-classification", "dataset": {"image": {"size": 16}}},
        {"width": 2, "depth": 1},
        _write_images,
        lambda folder: _files(folder, "png"),
    ),
    "text": Case(
        {"type": "text-classification", "dataset": {"columns": {"text": "body"}, "text": {"vocabulary": 40}}},
        {"name": "text-transformer", "width": 16, "depth": 1},
        _write_texts,
        _texts,
    ),
    "speech": Case(
        {"type": "audio-classification", "dataset": {"audio": {"seconds": "0.5", "rate": 8000}}},
        {"name": "speech-cnn-rnn", "width": 8, "depth": 1},
        _write_sounds,
        lambda folder: _files(folder, "wav"),
    ),
    "series": Case(
        {"type": "time-series-classification"},
        {"name": "speech-cnn-rnn", "width": 8, "depth": 1},
        _write_series,
        _series,
    ),
    "table": Case(
        {"type": "tabular-classification", "dataset": {"target": "risk", "columns": {"categorical": ["code"]}}},
        {"name": "tabular", "width": 16},
        _write_people,
        _of_table("risk"),
    ),
    "regression": Case(
        {"type": "regression", "dataset": {"targets": ["price", "weight"]}},
        {"name": "tabular", "width": 16},
        _write_prices,
        _of_table("price", "weight"),
    ),
    "labels": Case(
        {"type": "text-classification", "multiLabel": True, "dataset": {"targets": ["ads", "work"]}},
        {"name": "text-transformer", "width": 16, "depth": 1},
        _write_topics,
        _of_table("ads", "work"),
    ),
    "multi-modal": Case(
        {"type": "multi-modal-classification", "dataset": {"target": "y", "columns": {"categorical": ["shop"]}}},
        {"name": "multi-modal", "width": 8, "depth": 1},
        _write_goods,
        _of_table("y"),
    ),
}
