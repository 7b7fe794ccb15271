"""What a supernet gave: a score for each architecture of the table, and what that cost; and what searches chose.

Files of JSON, which those who train supernets write:

    {"method": "singlePath", "device": "NVIDIA H100 80GB HBM3", "supernet_seconds": 41.5, "scoring_seconds": 3.2,
     "training_seconds": 9.1, "scores": {"<id>": 0.83, ...}}
    {"strategy": "gdas", "chosen": ["|nor_conv_3x3~0|+|...", ...]}

``training_seconds`` is what training one architecture of the table alone takes there in the mean, by the same trainer
as the supernet; absent: what the table says, if it is of the same device.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.supernet.architectures import SPACE
from nas_core.spaces import get_space


@dataclass(frozen=True)
class Supernet:
    """One supernet."""

    method: str
    device: str
    supernet_seconds: float
    scoring_seconds: float
    training_seconds: float | None
    scores: Mapping[str, float]
    """By architecture's id; more is better."""


@dataclass(frozen=True)
class Derived:
    """What one gradient strategy chose, an architecture's id for each run."""

    strategy: str
    chosen: Sequence[str]
    skips: Sequence[int]
    """Of each, how many of its edges are skip connections."""


def read_supernet(path: Path) -> Supernet:
    """Read the first of the two kinds of files."""
    return Supernet(**{"training_seconds": None} | json.loads(path.read_text()))


def read_derived(path: Path) -> Derived:
    """Read the second."""
    held, space = json.loads(path.read_text()), get_space(SPACE)
    chosen = [space.parse(text) for text in held["chosen"]]
    skips = [list(one.values()).count("skip_connect") for one in chosen]
    return Derived(held["strategy"], [space.canonical_id(one) for one in chosen], skips)
