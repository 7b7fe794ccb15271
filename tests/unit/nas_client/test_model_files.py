"""Whatever a person calls a model, its files are found, or it is said what there is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.support.models import model
from tests.unit.nas_client.conftest import condition, raw_search, succeeded

from nas_client import model_files
from nas_client.errors import InvalidInput, SearchNotFound
from nas_client.model_files import ModelFiles, find_model
from nas_client.search_state import SearchState
from nas_core.records.model import ModelView
from nas_core.records.search import read_search
from nas_core.records.trial import TrialView

BUNDLE = "s3://nas/fashion/bundle/a001/"
READY = {
    "conditions": [condition("Ready", "True", "Exported", "2 files")],
    "artifacts": [{"path": "bundle.json", "sha256": "a" * 64, "bytes": 3}],
}


def ready(object_name: str, address: str, **spec: Any) -> ModelView:
    return model(object_name, READY | {"address": address}, **spec)


def trained(bundle: str | None, name: str = "fashion-r9") -> dict[str, Any]:
    raw = succeeded(0, val_accuracy=0.5)
    raw["metadata"]["name"] = name
    raw["spec"] |= {"work": "Retrain", "epochs": 9}
    raw["status"] |= {"bundle": bundle} if bundle else {}
    return raw


class Cluster:
    """Has one search, fashion, of which one trial was trained again, and some models."""

    namespace = "demo"

    def __init__(self, *models: ModelView) -> None:
        best = {"trial": "fashion-r9", "architecture": "a", "id": "x", "metrics": {}, "bundle": BUNDLE}
        search = read_search(raw_search({"retrained": [best]}))
        self.state = SearchState(search, (TrialView.of(succeeded(0)), TrialView.of(trained(BUNDLE))))
        self.models = models

    def read(self, name: str) -> SearchState:
        if name != "fashion":
            raise SearchNotFound("no such search")
        return self.state

    def search_of(self, trial: str) -> str:
        if not trial.startswith("fashion-"):
            raise InvalidInput("no such trial")
        return "fashion"


@pytest.fixture(autouse=True)
def _models(monkeypatch: pytest.MonkeyPatch) -> None:
    class Models:
        def __init__(self, reader: Cluster) -> None:
            self.there = reader.models

        def called(self, name: str) -> list[ModelView]:
            return [view for view in self.there if name in (view.name, view.meta.name)]

    monkeypatch.setattr(model_files, "Models", Models)


def found(given: str, *models: ModelView) -> ModelFiles:
    return find_model(given, lambda: Cluster(*models))  # type: ignore[arg-type, return-value]


@pytest.mark.parametrize("given", ["fashion", "nassearch/fashion", "fashion-r9", "nastrial/fashion-r9"])
def test_a_search_or_a_trial_by_its_name(given: str) -> None:
    assert found(given) == ModelFiles(BUNDLE)


def test_of_a_model_the_version_in_production_else_the_newest() -> None:
    one, two = (ready(f"people-{n}", f"s3://nas/{n}/", name="people", version=str(n)) for n in (1, 2))
    assert found("people", one, two) == ModelFiles("s3://nas/2/", "a" * 64)
    chosen = ready("people-1", "s3://nas/1/", name="people", version="1", stage="production")
    assert found("people", chosen, two).address == "s3://nas/1/"
    assert found("nasmodel/people-2", chosen, two).address == "s3://nas/2/"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("nothing", "there is no file or folder, and no search, model or trial, 'nothing' in namespace 'demo'"),
        ("nasmodel/fashion", "there is no nasmodel 'fashion'"),
        ("fashion-00000", "has no model, as only training again makes one"),
        ("people", "the model 'people' has no files: waits"),
        ("folder/nothing", "is no file and no folder; a name in the cluster begins with nassearch, nasmodel, nastrial"),
    ],
)
def test_what_is_not_there_is_told(given: str, said: str) -> None:
    waiting = model("people", {"conditions": [condition("Ready", "False", "WaitingForTrial", "waits")]})
    with pytest.raises(InvalidInput, match=said):
        found(given, waiting)


def test_files_need_no_cluster(tmp_path: Path) -> None:
    def none() -> Any:
        raise AssertionError("nobody is asked")

    here = "s3://this-machine/default/fashion/bundle/a001/"
    (tmp_path / "trials").mkdir()
    best = {"trial": "fashion-r9", "architecture": "a", "id": "x", "metrics": {}, "bundle": here}
    (tmp_path / "search.yaml").write_text(yaml.safe_dump(raw_search({"retrained": [best]})))
    trial = tmp_path / "trials" / "fashion-r9.yaml"
    trial.write_text(yaml.safe_dump(trained(here)))
    bundle = tmp_path / "objects" / "default" / "fashion" / "bundle" / "a001"
    for given in (tmp_path, trial):
        assert Path(find_model(str(given), none).address) == bundle
    assert find_model("s3://other/place/", none).address == "s3://other/place/"
    assert find_model(str(tmp_path / "trials"), none).address == str(tmp_path / "trials")
