"""Lending Club: 9,857 loans of 2016 with 22 columns, of which 5 % went bad; ``loans.csv``, to be told: Class.

From R's package modeldata (MIT), which took it from Lending Club's published statistics.
"""

from pathlib import Path

from nas_dev.cache import Input
from nas_dev.datasets import r_tables
from nas_dev.steps import Steps

INPUTS: list[Input] = [Path(__file__), Path(r_tables.__file__)]


def build(steps: Steps, directory: Path) -> None:
    """Write the table."""
    r_tables.read(steps, "modeldata", "lending_club").to_csv(directory / "loans.csv", index=False)
