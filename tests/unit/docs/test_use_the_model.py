"""The Python blocks of docs/use-the-model.md run, one after the other, on models that the trainer has made."""

from __future__ import annotations

import re
import shutil
import tarfile
from pathlib import Path

import numpy as np
import pytest
from tests.support.bundles import CASES, retrained

from nas_dev.paths import REPOSITORY

PAGE = (REPOSITORY / "docs" / "use-the-model.md").read_text()
MODELS = {"people": "table", "mails": "text", "pictures": "image", "movements": "series", "prices": "regression"}
"""Each model of the page, and the case that it is made of."""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with the models and data that the page speaks of, in which the test then runs."""
    monkeypatch.setattr("nas_trial.measuring.measure.hardware_metrics", lambda *_: ({"parameters": 7.0}, False))
    place = tmp_path / "place"
    place.mkdir()
    for name, case in MODELS.items():
        directory = tmp_path / case
        directory.mkdir()
        _, folder = retrained(CASES[case], directory)
        shutil.copytree(folder, place / f"{name}-model")
        test = directory / "data" / "test"
        if test.is_dir():
            shutil.copytree(test, place / name)
        elif (table := test.with_suffix(".csv")).exists():
            shutil.copy(table, place / f"{name}.csv")
        else:
            with np.load(directory / "data" / "data.npz") as arrays:
                np.save(place / f"{name}.npy", arrays["x_test"])
    with tarfile.open(place / "people-model.tar", "w") as archive:
        archive.add(place / "people-model", arcname="people-model")
    monkeypatch.chdir(place)
    return place


def test_every_block_runs(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    blocks = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert len(blocks) >= 8
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, "docs/use-the-model.md", "exec"), names)
    printed = capsys.readouterr().out
    assert "probability_bad" in printed and "['spam', 'ham']" in printed
