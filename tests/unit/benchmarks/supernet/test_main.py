"""The tables that are printed, and the refusal to compare what cannot be compared."""

import json
import sys
from pathlib import Path

import pytest
from benchmarks.supernet import __main__ as supernet
from benchmarks.supernet.architectures import SPACE
from benchmarks.supernet.table import read

from nas_core.spaces import get_space


@pytest.fixture
def file(noisy_file: Path) -> Path:
    noisy_file.with_suffix(".json").write_text(json.dumps({"runs": [{"device": "H100"}]}))
    return noisy_file


def scored(file: Path, device: str, **more: float) -> Path:
    scores = {row.id: row.parameters for row in read(file).rows}
    held = {"method": "fair", "device": device, "supernet_seconds": 1, "scoring_seconds": 1, "scores": scores}
    path = file.with_name(f"{device}.scores.json")
    path.write_text(json.dumps(held | more))
    return path


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr(sys, "argv", ["x", *map(str, arguments), "--seeds", "4"])
    return supernet.main()


def test_all_tables_are_printed(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = [get_space(SPACE).text(row.architecture) for row in read(file).rows[:2]]
    derived = file.with_name("derived.json")
    derived.write_text(json.dumps({"strategy": "gdas", "chosen": texts}))
    same, other = scored(file, "H100"), scored(file, "cpu", training_seconds=3.0)
    assert run(monkeypatch, "--table", file, "--supernets", same, "--derived", derived) == 0
    printed = capsys.readouterr().out
    assert "40 architectures, 2 seeds" in printed
    assert "| fair, 1 supernets |" in printed
    assert "| gdas | 2 |" in printed
    assert run(monkeypatch, "--table", file, "--supernets", other) == 0


@pytest.mark.parametrize(
    ("option", "held", "message"),
    [
        ("--supernets", None, "give training_seconds"),
        ("--derived", {"strategy": "darts", "chosen": ["|none~0|+|none~0|none~1|+|none~0|none~1|none~2|"]}, "--given"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    file: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    option: str,
    held: dict[str, object] | None,
    message: str,
) -> None:
    path = scored(file, "cpu")
    if held:
        path = file.with_name("held.json")
        path.write_text(json.dumps(held))
    with pytest.raises(SystemExit):
        run(monkeypatch, "--table", file, option, path)
    assert message in capsys.readouterr().err
