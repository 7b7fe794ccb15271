from __future__ import annotations

import pytest
import torch

from nas_core.api.task import Dataset, Task
from nas_trial.data.examples import Examples
from nas_trial.data.load import load_examples
from nas_trial.process.stop import StopFlag


@pytest.fixture(scope="session")
def examples() -> Examples:
    """Digits, images of 8 x 8."""
    return load_examples(
        Task(dataset=Dataset(name="digits", max_examples=120)), None, 0, torch.device("cpu"), StopFlag()
    )
