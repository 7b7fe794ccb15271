"""The commands that deal with models, from the words that are typed to what is printed."""

from __future__ import annotations

import pytest
import yaml
from tests.support.factories import START
from tests.support.models import MADE, after, begun, export_job, model

from nas_client.cli.main import main
from nas_client.errors import InvalidInput
from nas_client.models import Models
from nas_core.records.model import ModelView
from nas_plan.models.snapshot import ModelSnapshot
from nas_plan.snapshot import Collected


@pytest.fixture(autouse=True)
def cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("export", "promote", "lineage", "serve_manifest"):
        monkeypatch.setattr(f"nas_client.cli.{module}.connect", lambda *_: None)
    monkeypatch.setattr(Models, "__init__", lambda self, _: None)


def test_export_says_how_to_wait(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    asked: list[object] = []

    def export(_: Models, *arguments: object) -> ModelView:
        asked.extend(arguments)
        return model()

    monkeypatch.setattr(Models, "export", export)
    assert main(["export", "s-00000", "--name", "digits", "--version", "2", "--exports", "onnx, int8Onnx"]) == 0
    assert asked == ["s-00000", "digits", "2", ["onnx", "int8Onnx"]]
    assert "kubectl wait nasmodel/digits --namespace=ns --for=condition=Ready" in capsys.readouterr().out


def test_promote_says_what_is_in_production(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Models, "promote", lambda _, name, version: model(f"{name}-{version}"))
    assert main(["promote", "digits", "2"]) == 0
    assert capsys.readouterr().out == "nasmodel/digits-2 is in production\n"


def test_lineage_is_drawn_in_the_form_that_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Models, "read", lambda *_: begun())
    for form, beginning in (("text", "data\n"), ("mermaid", "flowchart TD"), ("svg", "<svg ")):
        assert main(["lineage", "digits", "-o", form]) == 0
        assert capsys.readouterr().out.startswith(beginning)
    monkeypatch.setattr(Models, "read", lambda *_: model())
    assert main(["lineage", "digits"]) == 1
    assert "not known yet" in capsys.readouterr().err


def test_the_serving_manifest_is_yaml(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    view = begun()
    made = after(view, ModelSnapshot(START, view, job=export_job(view), collected=Collected(MADE)))
    monkeypatch.setattr(Models, "read", lambda *_: made)
    assert main(["serve-manifest", "digits"]) == 0
    assert yaml.safe_load(capsys.readouterr().out)["kind"] == "InferenceService"


def test_a_model_that_is_not_there_is_a_mistake_of_typing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def read(*_: object) -> ModelView:
        raise InvalidInput("there is no nasmodel 'digits'")

    monkeypatch.setattr(Models, "read", read)
    assert main(["serve-manifest", "digits"]) == 2
    assert capsys.readouterr().err == "nasctl: there is no nasmodel 'digits'\n"
