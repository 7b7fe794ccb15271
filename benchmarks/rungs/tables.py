"""What is known of trainings that were stopped on the way: value and seconds by candidate and epochs."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import onnxruntime

from nas_core.api.trial import CandidateSpec
from nas_core.spaces import SearchSpace
from nas_core.spaces.decisions import Choice, Integer, Real
from nas_core.spaces.nas_bench_201 import NasBench201

LCBENCH_INPUTS = (
    "epoch",
    "batch_size",
    "learning_rate",
    "momentum",
    "weight_decay",
    "num_layers",
    "max_units",
    "max_dropout",
)
"""In the order of the surrogate (YAHPO Gym's)."""
LCBENCH_SPACE = [
    Integer("batch_size", 16, 512, log=True),
    Real("learning_rate", 1e-4, 0.1, log=True),
    Real("momentum", 0.1, 0.99),
    Real("weight_decay", 1e-5, 0.1),
    Integer("num_layers", 1, 5),
    Integer("max_units", 64, 1024, log=True),
    Real("max_dropout", 0.0, 1.0),
]


@dataclass(frozen=True)
class Task:
    """A search on what is known."""

    space: SearchSpace
    epochs: int
    min_epochs: int
    reduction: int
    value: Callable[[CandidateSpec, int], float]
    """Of a candidate after some epochs; greater is better."""
    seconds: Callable[[CandidateSpec, int], float]
    """Of training a candidate from the start to some epochs."""


def rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a gzipped CSV."""
    with gzip.open(path) as file:
        return list(csv.DictReader(io.TextIOWrapper(file)))


def nas_bench_201(data: Path) -> Task:
    """Accuracy after a training of 12 epochs, and after one of 200; time goes with the epochs.

    They are two trainings, each with its own schedule; here the longer one goes on from the shorter.
    """
    space = NasBench201()
    table = {row["arch_str"]: row for row in rows(data / "nb201" / "cifar10.csv.gz")}

    def row(candidate: CandidateSpec) -> Mapping[str, str]:
        return table[space.text(candidate.architecture)]

    return Task(
        space,
        200,
        12,
        16,
        lambda c, epochs: float(row(c)["c10_val" if epochs == 200 else "c10_ep12_val"]),
        lambda c, epochs: float(row(c)["c10_train_s"]) * epochs / 200,
    )


def nas_bench_nlp(data: Path) -> Task:
    """Validation loss of recurrent cells, epoch by epoch; time goes with the epochs."""
    curves: dict[str, dict[int, float]] = {}
    for row in rows(data / "nas_bench_nlp" / "wikitext2_curves.csv.gz"):
        if row["val_loss"]:
            curves.setdefault(row["recipe_id"], {})[int(row["epoch"])] = float(row["val_loss"])
    recipes = {
        row["recipe_id"]: float(row["train_s"])
        for row in rows(data / "nas_bench_nlp" / "wikitext2.csv.gz")
        if len(curves.get(row["recipe_id"], {})) == 50
    }
    space = SearchSpace("recipes", [Choice("recipe", tuple(recipes))])
    return Task(
        space,
        50,
        1,
        3,
        lambda c, epochs: -curves[c.architecture["recipe"]][epochs],
        lambda c, epochs: recipes[c.architecture["recipe"]] * epochs / 50,
    )


def lcbench(data: Path, min_epochs: int) -> list[Task]:
    """Accuracy and seconds of multi-layer perceptrons on 34 data sets, as YAHPO Gym's surrogate predicts them."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(data / "surrogates" / "lcbench_yahpo.onnx"), options)
    words = json.loads((data / "surrogates" / "lcbench_config_space.json").read_text())["hyperparameters"]
    codes = json.loads((data / "surrogates" / "lcbench_encoding.json").read_text())["OpenML_task_id"]
    [names] = [word["choices"] for word in words if word["name"] == "OpenML_task_id"]
    return [_lcbench(session, codes[name], min_epochs) for name in names]


def _lcbench(session: onnxruntime.InferenceSession, code: int, min_epochs: int) -> Task:
    space = SearchSpace("lcbench", LCBENCH_SPACE)

    @cache
    def known(settings: Sequence[float]) -> list[tuple[float, float]]:
        epochs = np.arange(1, 53, dtype=np.float32)[:, None]
        given = np.hstack([epochs, np.tile(np.array(settings, np.float32), (52, 1))])
        [found] = session.run(None, {"x_cat": np.full((52, 1), code, np.int32), "x_cont": given})
        # What the surrogate predicts may fall from one epoch to the next, time does not.
        seconds = np.maximum.accumulate(found[:, 0])
        return list(zip(found[:, 1].tolist(), seconds.tolist(), strict=True))

    def at(candidate: CandidateSpec, epochs: int) -> tuple[float, float]:
        values = candidate.architecture
        return known(tuple(float(values[each]) for each in LCBENCH_INPUTS[1:]))[epochs - 1]

    return Task(space, 52, min_epochs, 3, lambda c, e: at(c, e)[0], lambda c, e: at(c, e)[1])


def groups(data: Path) -> dict[str, list[Task]]:
    """Return all that there is by name; seeds are shared out among the tasks of a name."""
    return {
        "NAS-Bench-201": [nas_bench_201(data)],
        "NAS-Bench-NLP": [nas_bench_nlp(data)],
        "LCBench, 34 data sets": lcbench(data, 5),
        "LCBench from 1 epoch": lcbench(data, 1),
    }
