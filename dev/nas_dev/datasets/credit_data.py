"""Credit scoring: 4,454 loans with 13 columns, of which 28 % went bad; ``loans.csv``, to be told: Status.

From R's package modeldata (MIT), which has it from Lluís Belanche's lectures at the UPC in Barcelona
(github.com/gastonstat/CreditScoring).
"""

from pathlib import Path

from nas_dev.cache import Input
from nas_dev.datasets import r_tables
from nas_dev.steps import Steps

INPUTS: list[Input] = [Path(__file__), Path(r_tables.__file__)]


def build(steps: Steps, directory: Path) -> None:
    """Write the table."""
    r_tables.read(steps, "modeldata", "credit_data").to_csv(directory / "loans.csv", index=False)
