"""A person at a terminal with data that no example has: `init`, `validate`, `run` and `predict`, as the page says."""

from __future__ import annotations

import csv
import os
import pty
import re
import select
import shlex
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_wine

from nas_dev.paths import REPOSITORY

WAIT_S = 400


def at_terminal(arguments: Sequence[str], answers: Sequence[tuple[str, str]], place: Path) -> str:
    """Run a command of `nasctl` in a terminal, type each answer after its question, return all that was shown."""
    own, other = pty.openpty()
    command = [sys.executable, "-m", "nas_client.cli", *arguments]
    environment = os.environ | {"COLUMNS": "300", "TERM": "xterm"}
    process = subprocess.Popen(command, stdin=other, stdout=other, stderr=other, cwd=place, env=environment)
    os.close(other)
    shown, waiting, seen = "", list(answers), 0
    end = time.monotonic() + WAIT_S
    try:
        while time.monotonic() < end:
            if select.select([own], [], [], 1)[0]:
                try:
                    read = os.read(own, 65_536)
                except OSError:  # how Linux says that the other end is closed
                    break
                if not read:
                    break
                shown += read.decode(errors="replace")
            if waiting and (place_of := shown.find(waiting[0][0], seen)) >= 0 and "]: " in shown[place_of:]:
                seen = len(shown)
                os.write(own, waiting.pop(0)[1].encode() + b"\n")
        assert process.wait(timeout=max(1.0, end - time.monotonic())) == 0, shown
    finally:
        process.kill()
        process.wait()
        os.close(own)
    assert not waiting, shown
    return shown


def shorten(manifest: Path) -> None:
    """Lower the budget: two candidates and a short training of the better one are enough to see all of it."""
    text = re.sub(r"maxTrials: \d+", "maxTrials: 2", manifest.read_text())
    manifest.write_text(re.sub(r" epochs: \d+", " epochs: 25", text))


@pytest.mark.timeout(4 * WAIT_S)
def test_from_a_csv_to_predictions_by_the_four_commands_of_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    page = (REPOSITORY / "docs" / "from-a-csv-to-a-model.md").read_text()
    blocks = re.findall(r"```bash\n(.*?)```", page, re.DOTALL)
    first = next(block for block in blocks if "nasctl" in block)
    init, validate, run, predict = (shlex.split(line)[1:] for line in first.splitlines())
    frame = load_wine(as_frame=True).frame.sample(frac=1, random_state=0)
    frame["risk"] = frame.pop("target").map({0: "barolo", 1: "grignolino", 2: "barbera"})
    frame[:140].to_csv(tmp_path / "people.csv", index=False)
    frame[140:].to_csv(tmp_path / "new-people.csv", index=False)

    questions = [("What kind", ""), ("How long", "20m"), ("called?", "people")]
    assert "people.yaml is written" in at_terminal(init, questions, tmp_path)
    shorten(tmp_path / "people.yaml")
    assert "nothing is wrong" in at_terminal(validate, [], tmp_path)
    at_terminal(run, [], tmp_path)
    # As the shell does.
    at_terminal([str(Path(word).expanduser()) if word.startswith("~") else word for word in predict], [], tmp_path)
    with (tmp_path / "rated.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 38 and sum(row["label"] == row["risk"] for row in rows) > 0.8 * 38


def shapes(folder: Path, count: int, seed: int) -> None:
    """Write so many pictures of discs and of crosses, each kind in a folder of its own, with noise."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:16, :16]
    for name in ("cross", "disc"):
        (folder / name).mkdir(parents=True)
        for number in range(count):
            y, x = rng.integers(5, 11, 2)
            near = (rows - y) ** 2 + (columns - x) ** 2 <= 16 if name == "disc" else (rows == y) | (columns == x)
            picture = np.where(near, 200, 60) + rng.integers(-40, 40, (16, 16))
            Image.fromarray(picture.astype(np.uint8)).save(folder / name / f"{number:03d}.png")


@pytest.mark.timeout(4 * WAIT_S)
def test_from_a_folder_of_images_to_predictions_in_four_commands(tmp_path: Path) -> None:
    shapes(tmp_path / "shapes", 80, seed=0)
    shapes(tmp_path / "new", 20, seed=1)

    questions = [("What kind", ""), ("How long", "20m"), ("called?", "shapes")]
    assert "shapes.yaml is written" in at_terminal(["init", "shapes"], questions, tmp_path)
    shorten(tmp_path / "shapes.yaml")
    assert "nothing is wrong" in at_terminal(["validate", "shapes.yaml"], [], tmp_path)
    at_terminal(["run", "shapes.yaml", "--data", "data=shapes", "--dir", "kept"], [], tmp_path)
    [card] = (tmp_path / "kept").rglob("card.md")
    assert f'nas_model.load("{card.parent}/")' in card.read_text()

    at_terminal(["predict", "kept", "new", "--to", "rated.csv"], [], tmp_path)
    with (tmp_path / "rated.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 40 and sum(row["label"] == Path(row["file"]).parent.name for row in rows) >= 36
