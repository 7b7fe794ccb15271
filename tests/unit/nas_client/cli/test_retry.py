"""`nasctl retry`: what it asks of the API server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from tests.unit.nas_client.conftest import condition, failed, preparing, raw_search, raw_trial, running, succeeded

from nas_client.cli import retry
from nas_client.cli.main import main
from nas_client.search_state import SearchState
from nas_core.records.search import read_search
from nas_core.records.trial import TrialView

DONE: list[Any] = []


class Recorder:
    """Notes what is asked for."""

    def __init__(self, _: Any) -> None:
        pass

    def change(self, name: str, spec: Mapping[str, Any]) -> None:
        DONE.append((name, spec))

    def delete_trial(self, name: str) -> None:
        DONE.append(name)


def given(monkeypatch: pytest.MonkeyPatch, *trials: dict[str, Any], **spec: Any) -> None:
    """Let the cluster have a search with some trials."""
    state = SearchState(read_search(raw_search({}, **spec)), tuple(map(TrialView.of, trials)))
    reader = type("Reader", (), {"read": lambda *_: state})()
    DONE.clear()
    monkeypatch.setattr(retry, "connect", lambda *_: reader)
    monkeypatch.setattr(retry, "Searches", Recorder)


def test_all_that_failed_is_tried_again(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    broken = [condition("Failed", "True", "DatasetMissing", "gone")]
    trials = (succeeded(0, val_accuracy=0.5), failed(1, "gone"), running(2, 1), failed(3, "gone"))
    given(monkeypatch, *trials, preparing(0, conditions=broken, sequence=1), retry=[8])
    assert main(["retry", "fashion"]) == 0
    assert DONE == [("fashion", {"retry": [1, 3, 8]}), "fashion-prepare"]
    assert "candidates 1, 3, fashion-prepare" in capsys.readouterr().out


def test_one_that_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    given(monkeypatch, failed(0, "gone"), failed(1, "gone"), succeeded(2))
    assert main(["retry", "fashion", "--trial", "fashion-00001"]) == 0
    assert DONE == [("fashion", {"retry": [1]})]
    assert main(["retry", "fashion", "--trial", "fashion-00002"]) == 2
    assert "no trial of that name has failed; those that have: fashion-00000, fashion-00001" in capsys.readouterr().err


def test_of_a_pack_those_that_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    pack = raw_trial(4, conditions=[condition("Succeeded", "True", "Completed")], sequence=5)
    pack["spec"]["candidates"] = [pack["spec"]["candidates"][0] | {"id": str(k)} for k in range(3)]
    pack["status"]["candidates"] = [{"outcome": word} for word in ("Failed", "Succeeded", "Failed")]
    given(monkeypatch, pack)
    assert main(["retry", "fashion"]) == 0
    assert DONE == [("fashion", {"retry": [4, 6]})]


def test_what_is_tried_again_already_is_not_asked_for_twice(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    once_more = raw_trial(2)
    once_more["spec"]["candidates"][0] |= {"origin": "Retry", "parents": [0]}
    given(monkeypatch, failed(0, "gone"), failed(1, "gone"), once_more, retry=[1])
    assert main(["retry", "fashion"]) == 0
    assert not DONE and "nothing has failed" in capsys.readouterr().out
