"""A person at a terminal with a CSV: `init`, `validate`, `run` and `predict`, on data that no example has."""

from __future__ import annotations

import csv
import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from sklearn.datasets import load_wine

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


@pytest.mark.timeout(4 * WAIT_S)
def test_from_a_csv_to_predictions_in_four_commands(tmp_path: Path) -> None:
    frame = load_wine(as_frame=True).frame
    frame["target"] = frame["target"].map({0: "barolo", 1: "grignolino", 2: "barbera"})
    frame.rename(columns={"target": "grape"}).to_csv(tmp_path / "wine.csv", index=False)

    questions = [("Which column", ""), ("What kind", ""), ("How long", "20m"), ("called?", "grapes")]
    assert "grapes.yaml is written" in at_terminal(["init", "wine.csv"], questions, tmp_path)
    manifest = tmp_path / "grapes.yaml"
    # A search of two candidates is enough to see all of it.
    manifest.write_text(re.sub(r"maxTrials: \d+", "maxTrials: 2", manifest.read_text()))
    assert "nothing is wrong" in at_terminal(["validate", "grapes.yaml"], [], tmp_path)

    run = ["run", "grapes.yaml", "--data", "data=.", "--dir", str(tmp_path / "kept")]
    at_terminal(run, [], tmp_path)
    [model] = {path.parent for path in (tmp_path / "kept").rglob("bundle.json")}

    at_terminal(["predict", str(model), "wine.csv", "--to", "rated.csv"], [], tmp_path)
    with (tmp_path / "rated.csv").open() as file:
        rows = list(csv.DictReader(file))
    right = sum(row["label"] == row["grape"] for row in rows) / len(rows)
    assert len(rows) == len(frame) and right > 0.8
