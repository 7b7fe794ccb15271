"""The ways to train shared weights, by their names in `evaluation.supernet.training`. A new one is a file and a row."""

from __future__ import annotations

from collections.abc import Mapping

from nas_trial.supernet.methods.enas import Enas
from nas_trial.supernet.methods.fair import Fair
from nas_trial.supernet.methods.progressive_shrinking import ProgressiveShrinking
from nas_trial.supernet.methods.sandwich import Sandwich
from nas_trial.supernet.methods.single_path import SinglePath
from nas_trial.supernet.sharing import Sharing

METHODS: Mapping[str, type[Sharing]] = {
    "singlePath": SinglePath,
    "fair": Fair,
    "sandwich": Sandwich,
    "progressiveShrinking": ProgressiveShrinking,
    "enas": Enas,
}
