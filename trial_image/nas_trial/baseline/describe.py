"""Numbers that describe data by a sample of them, for the knowledge base: `nas_plan.knowledge` compares them.

All are from 0 to 1, the same for the same data, and bounded in cost: at most `MOST_EXAMPLES` examples of each split and
about a thousand features, some seconds of one core. Sizes are not here: they are in the manifest anyway.

References: Pfahringer, Bensusan & Giraud-Carrier, "Meta-Learning by Landmarking Various Learning Algorithms", ICML 2000
(nearest neighbour and centroid as landmarkers); Vanschoren, "Meta-Learning: A Survey", 2018, arXiv:1810.03548, table 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nas_trial.baseline.features import make_features
from nas_trial.baseline.fit import even_sample
from nas_trial.data.prepared.shards import Shards
from nas_trial.process.log import log

MOST_EXAMPLES = 1000
DIRECTIONS = 16
"""Random directions that the features are projected on."""
VARIANCE = 0.9
"""Share of the variance that the counted principal components explain."""

Floats = NDArray[np.float64]


def describe(train: Shards, val: Shards, classes: int | None) -> dict[str, float]:
    """Return the numbers by name; those that data do not have are absent.

    Args:
        train: split that is described.
        val: split on which landmarkers are judged.
        classes: number of classes; None: a regression.
    """
    try:
        rows, judged = (even_sample(len(split), MOST_EXAMPLES) for split in (train, val))
        inputs = train.read(rows)
        features = make_features(inputs)
        x, other = _standardised(features(inputs), features(val.read(judged)))
        y, truth = train.targets()[rows], val.targets()[judged]
        found = {**_of_features(x), **_landmarkers(x, y, other, truth, classes)}
        if classes is not None and y.ndim == 1:
            found["class entropy"] = _entropy(np.bincount(train.targets(), minlength=classes))
    except Exception as error:
        # The data are prepared; that they cannot be described must not cost that.
        log("description", message=f"the data are not described: {type(error).__name__}: {error}")
        return {}
    return {name: round(float(np.clip(value, 0, 1)), 4) for name, value in found.items() if np.isfinite(value)}


def _standardised(x: NDArray[Any], other: NDArray[Any]) -> tuple[Floats, Floats]:
    x, other = x.astype(np.float64), other.astype(np.float64)
    mean, deviation = x.mean(0), x.std(0)
    varying = deviation > 1e-12
    return tuple((each[:, varying] - mean[varying]) / deviation[varying] for each in (x, other))


def _of_features(x: Floats) -> Mapping[str, float]:
    """Return the form of the cloud of points: moments of random projections, and how many directions it has."""
    directions = np.random.default_rng(0).standard_normal((x.shape[1], DIRECTIONS))
    seen = x @ directions
    seen = (seen - seen.mean(0)) / np.maximum(seen.std(0), 1e-12)  # (n, DIRECTIONS)
    skewness, kurtosis = np.abs((seen**3).mean(0)).mean(), np.abs((seen**4).mean(0) - 3).mean()
    variances = np.linalg.svd(x, compute_uv=False) ** 2
    needed = int(np.searchsorted(np.cumsum(variances) / variances.sum(), VARIANCE)) + 1
    return {
        "skewness": skewness / (1 + skewness),
        "kurtosis": kurtosis / (1 + kurtosis),
        "dimensions": needed / len(variances),
    }


def _landmarkers(
    x: Floats, y: NDArray[Any], other: Floats, truth: NDArray[Any], classes: int | None
) -> Mapping[str, float]:
    """Return what the simplest models reach; nothing where an example has several labels."""
    if classes is not None and y.ndim > 1:
        return {}
    nearest = y[_nearest(other, x)]
    if classes is None:
        apart, spread = np.square(nearest - truth).mean(), np.square(truth - truth.mean(0)).mean()
        return {"one neighbour": 1 - apart / spread if spread else np.nan}
    there = np.unique(y)
    centroids = np.stack([x[y == one].mean(0) for one in there])
    return {
        "one neighbour": (nearest == truth).mean(),
        "nearest centroid": (there[_nearest(other, centroids)] == truth).mean(),
    }


def _nearest(points: Floats, among: Floats) -> NDArray[np.int64]:
    """Return the place of the nearest of ``among`` (m, features) for each of the points (n, features)."""
    # |p - a|^2 without |p|^2, which is the same for all.
    return np.asarray(np.argmin(np.square(among).sum(1) - 2 * points @ among.T, axis=1))


def _entropy(counts: NDArray[np.int64]) -> float:
    """Return the entropy of shares, 1 if all are alike."""
    shares = counts[counts > 0] / counts.sum()
    return float(-(shares * np.log(shares)).sum() / np.log(len(counts)))
