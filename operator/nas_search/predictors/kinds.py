"""The table of predictors: one row for each. To add one: a file here and a row in `PREDICTORS`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from nas_search.predictors.boosted_trees import BoostedTrees
from nas_search.predictors.ensemble import Ensemble
from nas_search.predictors.gaussian_process import GaussianProcess
from nas_search.predictors.predictor import Predictor

Owners = NDArray[np.intp]
"""The part of each column of the features (`features.Features.owners`)."""

PREDICTORS: Mapping[str, Callable[[Owners, int], Predictor]] = {
    "gaussianProcess": GaussianProcess,
    "boostedTrees": lambda owners, proxies: BoostedTrees(),
    "ensemble": lambda owners, proxies: Ensemble((GaussianProcess(owners, proxies), BoostedTrees())),
}
"""How each is made: of rows with features of these owners, and columns of so many proxies behind them."""
