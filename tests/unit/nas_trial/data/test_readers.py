from __future__ import annotations

from typing import get_args

from nas_core.api.task import Dataset
from nas_trial.data.formats import NAMES
from nas_trial.data.readers import READERS


def test_every_format_of_the_api_has_a_reader() -> None:
    formats = set(get_args(Dataset.model_fields["format"].annotation)) - {"auto"}
    assert READERS.keys() == formats
    assert set(NAMES) == {name for name in formats if not name.endswith("-folder")}
