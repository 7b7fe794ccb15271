"""`nasctl logs`: what it writes where."""

from __future__ import annotations

from typing import Any

import pytest

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
