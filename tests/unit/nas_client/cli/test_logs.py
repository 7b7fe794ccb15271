"""`nasctl logs`: what it writes where."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.unit.nas_client.conftest import raw_search, succeeded

from nas_client.cli import logs
from nas_client.cli.main import main
from nas_client.errors import InvalidInput
from nas_client.logs import Log

ASKED: list[Any] = []


def answering(log: Log | InvalidInput) -> type:
    class Logs:
        def __init__(self, _: Any) -> None:
            pass

        def open(self, *arguments: Any) -> Log:
            ASKED.append(arguments)
            if isinstance(log, InvalidInput):
                raise log
            return log

    return Logs


@pytest.fixture(autouse=True)
def _cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    ASKED.clear()
    monkeypatch.setattr(logs, "connect", lambda *_: None)


def test_the_log_goes_to_standard_output_as_it_is(
    monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.setattr(logs, "Logs", answering(Log(iter([b"one\n", b"\xff\n"]), "")))
    assert main(["logs", "fashion-00000", "-f", "--attempt", "2", "--tail", "5"]) == 0
    assert ASKED == [("fashion-00000", 2, True, 5)]
    assert capsysbinary.readouterr() == (b"one\n\xff\n", b"")


def test_where_else_it_is_from_goes_to_standard_error(
    monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.setattr(logs, "Logs", answering(Log(iter([b"end\n"]), "its pod is gone")))
    assert main(["logs", "fashion-00000"]) == 0
    assert capsysbinary.readouterr() == (b"end\n", b"nasctl: its pod is gone\n")


def test_without_a_log_the_exit_code_is_2(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(logs, "Logs", answering(InvalidInput("no log")))
    assert main(["logs", "fashion-00000"]) == 2
    assert capsys.readouterr().err == "nasctl: no log\n"


@pytest.fixture
def trial(tmp_path: Path) -> Path:
    """The file of a trial of a run, whose second attempt was the last that wrote something."""
    (tmp_path / "trials").mkdir()
    (tmp_path / "search.yaml").write_text(yaml.safe_dump(raw_search({})))
    file = tmp_path / "trials" / "fashion-00000.yaml"
    file.write_text(yaml.safe_dump(succeeded(0, val_accuracy=0.5)))
    for attempt, text in ((1, "first\n"), (2, "one\ntwo\nthree\n")):
        folder = tmp_path / "attempts" / f"fashion-00000-a{attempt}"
        folder.mkdir(parents=True)
        (folder / "log.jsonl").write_text(text)
    return file


@pytest.mark.parametrize(
    ("options", "shown"),
    [([], "one\ntwo\nthree\n"), (["--tail", "2"], "two\nthree\n"), (["--attempt", "1"], "first\n")],
)
def test_a_trial_of_a_run_has_its_log_in_a_file(
    options: list[str], shown: str, trial: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert main(["logs", str(trial), *options]) == 0
    assert capsysbinary.readouterr().out.decode() == shown


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--attempt", "3"], "there is no log of attempt 3 of trial 'fashion-00000'; attempts with one: 1, 2"),
        (["-f"], "use: tail -f "),
    ],
)
def test_what_a_file_cannot_do_is_said(
    options: list[str], said: str, trial: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["logs", str(trial), *options]) == 2
    assert said in capsys.readouterr().err


def test_a_trial_that_a_run_does_not_have(trial: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["logs", str(trial.with_name("fashion-00009.yaml"))]) == 2
    assert "search 'fashion' has no trial 'fashion-00009'" in capsys.readouterr().err
