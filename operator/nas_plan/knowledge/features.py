"""Numbers that describe a search's data, and how far two data sets are from each other by them. Pure.

Each is from 0 to 1 by its definition, not by what other data sets have: so an entry never has to be written again, and
a distance means the same everywhere. They are of four kinds (sizes, balance of the classes, form of the inputs,
landmarkers: what simple models reach), and all follow from what preparing the data has found. Data that no trial
prepared are not described.

References: Vanschoren, "Meta-Learning: A Survey", 2018, arXiv:1810.03548 (table 1: such numbers); Pfahringer, Bensusan
& Giraud-Carrier, "Meta-Learning by Landmarking Various Learning Algorithms", ICML 2000; Feurer, Springenberg & Hutter,
"Initializing Bayesian Hyperparameter Optimization via Meta-Learning", AAAI 2015 (the L1 distance of scaled numbers).
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from nas_core.api.trial import DatasetSummary

LANDMARKERS: Mapping[str, tuple[str, ...]] = {
    "linear": ("val_accuracy", "val_r2"),
    "gradient-boosting": ("val_accuracy", "val_r2"),
}
"""Simple models, and the metric that is taken of each: the first that it has."""


def features_of(dataset: DatasetSummary | None) -> dict[str, float]:
    """Return the numbers that describe prepared data; none where nothing was prepared."""
    if dataset is None:
        return {}
    found = {"examples": _log(dataset.training, 8), **_of_classes(dataset), **_of_inputs(dataset.inputs)}
    found |= dataset.features
    for model in dataset.baseline:
        wanted = LANDMARKERS.get(model.name, ())
        value = next((model.metrics[name] for name in wanted if name in model.metrics), None)
        found |= {} if value is None else {model.name: value}
    return {name: round(min(1.0, max(0.0, value)), 4) for name, value in found.items() if math.isfinite(value)}


def distance(one: Mapping[str, float], other: Mapping[str, float]) -> float | None:
    """Return the mean difference of the numbers of two data sets, from 0 to 1; None if one of them has none.

    A number that only one of them has counts as 1: what is hardly described is near to nothing.
    """
    if not one or not other:
        return None
    names = one.keys() | other.keys()
    apart = [abs(one[name] - other[name]) if name in one and name in other else 1.0 for name in sorted(names)]
    return sum(apart) / len(apart)


def _of_classes(dataset: DatasetSummary) -> dict[str, float]:
    classes, largest = dataset.classes, dataset.largest_class
    if classes is None:
        return {}
    balance = {} if largest is None else {"imbalance": (largest - 1 / classes) / (1 - 1 / classes)}
    return {"classes": _log(classes, 4), **balance}


def _of_inputs(inputs: Mapping[str, str]) -> dict[str, float]:
    sizes = {name: [int(part) for part in shape.split("x") if part.isdecimal()] for name, shape in inputs.items()}
    numbers = {name: math.prod(size) for name, size in sizes.items()}
    found = {f"has {name}": 1.0 for name in sizes} | {"size": _log(sum(numbers.values()), 7)}
    for name in ("image", "series"):
        # (C, H, W) and (C, T)
        if len(sizes.get(name, ())) > 1:
            found[f"{name} channels"] = _log(sizes[name][0], 3)
    if columns := numbers.get("numeric", 0) + numbers.get("categorical", 0):
        found["numeric share"] = numbers.get("numeric", 0) / columns
    return found


def _log(value: float, most: int) -> float:
    """Return a count on a scale from 1, which is 0, to ten to the power of ``most``."""
    return math.log10(max(1.0, value)) / most
