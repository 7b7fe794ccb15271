"""Small public data sets of every modality, each with a task and nothing else said of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn import datasets as sklearn_data

from nas_dev.datasets import folder, r_tables
from nas_dev.datasets.japanese_vowels import PACKAGE as AEON
from nas_dev.datasets.japanese_vowels import parse
from nas_dev.steps import Steps

Dataset = dict[str, Any]
"""`spec.task.dataset`."""


@dataclass(frozen=True)
class Case:
    """A data set and its task."""

    kind: str
    """task.type."""
    dataset: Callable[[Path], Dataset]
    """Writes the data into a folder, if they are not there already."""
    tuned: bool
    """Whether rules may be tuned on it; the others are for evaluating them."""


def _here(**dataset: Any) -> Callable[[Path], Dataset]:
    return lambda _: dataset


def _kept(name: str, file: str, **dataset: Any) -> Callable[[Path], Dataset]:
    return lambda _: {"path": str(folder(name, Steps()) / file), **dataset}


def _wine(into: Path) -> Dataset:
    sklearn_data.load_wine(as_frame=True).frame.to_csv(into / "wine.csv", index=False)
    return {"path": str(into / "wine.csv"), "target": "target", "testFraction": "0.2"}


def _salaries(into: Path) -> Dataset:
    r_tables.read(Steps(), "carData", "Salaries").to_csv(into / "salaries.csv", index=False)
    return {"path": str(into / "salaries.csv"), "target": "salary", "testFraction": "0.2"}


def _motions(into: Path) -> Dataset:
    import zipfile

    arrays: dict[str, Any] = {}
    with zipfile.ZipFile(AEON.wheel(Steps())) as wheel:
        for part in ("train", "test"):
            text = wheel.read(f"aeon/datasets/data/BasicMotions/BasicMotions_{part.upper()}.ts").decode()
            arrays[f"x_{part}"], arrays[f"y_{part}"] = parse(text)
    np.savez(into / "motions.npz", allow_pickle=False, **arrays)
    return {"path": str(into / "motions.npz")}


TEST = {"testFraction": "0.2"}
CASES: dict[str, Case] = {
    "digits": Case("image-classification", _here(name="digits", **TEST), tuned=True),
    "digits, 200 images": Case("image-classification", _here(name="digits", maxExamples=250, **TEST), tuned=True),
    "breast-cancer": Case("tabular-classification", _here(name="breast-cancer", **TEST), tuned=True),
    "diabetes": Case("regression", _here(name="diabetes", **TEST), tuned=True),
    "japanese-vowels": Case("time-series-classification", _kept("japanese-vowels", "vowels.npz"), tuned=True),
    "spam-assassin": Case(
        "text-classification",
        _kept("spam-assassin", "mails.jsonl", target="label", maxExamples=1000, **TEST),
        tuned=True,
    ),
    "spoken-digits": Case(
        "audio-classification",
        _kept("spoken-digits", "digits.tar", audio={"rate": 8000, "seconds": "1"}),
        tuned=True,
    ),
    "wine": Case("tabular-classification", _wine, tuned=False),
    "salaries": Case("regression", _salaries, tuned=False),
    "credit": Case(
        "tabular-classification",
        _kept("credit-data", "loans.csv", target="Status", maxExamples=2000, **TEST),
        tuned=False,
    ),
    "basic-motions": Case("time-series-classification", _motions, tuned=False),
    "fashion-mnist": Case("image-classification", _kept("fashion-mnist", "", maxExamples=1000), tuned=False),
    "clothes": Case(
        "multi-modal-classification",
        _kept("image-text-table", "clothes.tar", target="label", maxExamples=1000, **TEST),
        tuned=False,
    ),
}
