"""For every task: a search on this machine, its best trained again, and the model of it used where none of us is.

The model is loaded in a virtual environment that has `nas-model` alone, and judged there by the raw test split.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import yaml
from tests.support.bundles import CASES, Case, attempt_of, reported, trial_of
from tests.support.model_environment import ModelEnvironment

from nas_client.cli.main import main as nasctl
from nas_client.folder import folder_state
from nas_core.records.trial import TrialView
from nas_core.states import Work
from nas_local.home import BUCKET, Home
from nas_model.predictions import Predictions
from nas_storage.directory_store import DirectoryStore
from nas_trial.work.table import WORK

EDGE = replace(CASES["image"], space={"name": "tiny", "width": 4, "depth": 1})
TASKS: Mapping[str, tuple[Case, Mapping[str, Any]]] = {
    **{name: (CASES[name], {}) for name in ("image", "text", "speech", "series", "table", "multi-modal")},
    "edge": (EDGE, {"constraints": [{"metric": "int8_bytes", "max": 20_000}]}),
}
"""A case of each task, and what else its search asks for."""
EXPORTS = ["onnx", "int8Onnx"]
MAIN = ("test_accuracy", "test_subset_accuracy", "test_rmse")
PROGRAM = """
import json, sys
import numpy as np
import nas_model
bundle, given, folder = sys.argv[1:]
model = nas_model.load(bundle)
found = model.predict(np.load(given)["x_test"] if given.endswith(".npz") else given, folder=folder)
numbers = found.target.kind == "numbers"
print(json.dumps({
    "kind": found.target.kind,
    "names": list(getattr(found.target, "names", ())),
    "labels": None if numbers else found.labels,
    "values": (found.numbers if numbers else found.probabilities).tolist(),
    "metrics": dict(model.metrics),
}))
"""


@dataclass(frozen=True)
class Target:
    """What a model predicts."""

    kind: str
    names: list[str]


@dataclass(frozen=True)
class Found:
    """What a model has predicted elsewhere."""

    target: Target
    labels: list[Any]
    numbers: np.ndarray
    probabilities: np.ndarray

    def __len__(self) -> int:
        return len(self.numbers)


@pytest.fixture(autouse=True)
def quick_measurements(monkeypatch: pytest.MonkeyPatch) -> None:
    """Latencies of exports have tests of their own."""
    monkeypatch.setattr("nas_trial.measuring.measure.hardware_metrics", lambda *_: ({"parameters": 7.0}, False))


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> ModelEnvironment:
    return ModelEnvironment.make(tmp_path_factory.mktemp("elsewhere"))


def manifest_of(name: str) -> dict[str, Any]:
    case, more = TASKS[name]
    dataset = {**case.task.get("dataset", {}), "volume": {"claimName": "data"}}
    # Not what would be chosen for so few examples, so that every task has the same.
    objective = {"metric": "val_loss", "goal": "minimize"}
    return {
        "apiVersion": "nas-operator.io/v1alpha1",
        "kind": "NASSearch",
        "metadata": {"name": name},
        "spec": {
            "task": {**case.task, "dataset": dataset},
            "searchSpace": case.space,
            "objectives": [objective],
            "strategy": {"random": {}, "seed": 3},
            "evaluation": {"epochs": 1, "batchSize": 16},
            "retrain": {"epochs": 3},
            "budget": {"maxTrials": 1, "parallelTrials": 1},
            **more,
        },
    }


def asked(given: Any, data: Path) -> Path:
    """Return the file or folder that holds what a case asks."""
    if isinstance(given, Path):
        return given
    return next(path for path in (data / "test.csv", data / "data.npz") if path.exists())


@pytest.mark.parametrize("name", TASKS)
def test_a_search_ends_in_a_model_that_is_used_elsewhere(
    name: str, elsewhere: ModelEnvironment, tmp_path: Path
) -> None:
    case, _ = TASKS[name]
    data, folder, file = tmp_path / "data", tmp_path / "run", tmp_path / "search.yaml"
    data.mkdir()
    case.write(data)
    file.write_text(yaml.safe_dump(manifest_of(name)))
    assert nasctl(["run", str(file), "--dir", str(folder), "--data", f"data={data}", "--parallel", "1"]) == 0
    [trial] = [one for one in folder_state(folder).trials if one.spec.work == Work.RETRAIN]
    assert trial.status.bundle is not None

    given, truth = case.ask(data)
    # Away from where it was made, as somebody else would have it.
    model = shutil.copytree(Home(folder).path_of(trial.status.bundle), tmp_path / "model")
    printed = json.loads(elsewhere.run(PROGRAM, model, asked(given, data), data))
    values = np.array(printed["values"])
    found = Found(Target(printed["kind"], printed["names"]), printed["labels"], values, values)
    assert printed["metrics"] == trial.status.metrics
    for metric, value in reported(cast(Predictions, found), truth).items():
        assert value == pytest.approx(trial.status.metrics[f"test_{metric}"], rel=1e-5), metric

    metrics, card = exported(case, data, folder, trial)
    assert metrics["onnx"]["max_difference"] <= 1e-4
    judged = [name for name in MAIN if name in metrics["int8Onnx"]]
    assert judged and "| ONNX, int8 |" in card, metrics


def exported(case: Case, data: Path, folder: Path, trial: TrialView) -> tuple[Mapping[str, Any], str]:
    """Make the model for others that the operator would make; return the metrics of each format, and the card."""
    search = folder_state(folder).search.meta
    store = DirectoryStore(Home(folder).objects)
    status = trial.status
    source = {"trial": trial.meta.name, "bundle": status.bundle, "metrics": dict(status.metrics)}
    request = {"name": "model", "version": "1", "prefix": "models/1/", "source": source, "exports": EXPORTS}
    identity: dict[str, Any] = {"namespace": search.namespace, "search": search.name, "searchUID": search.uid}
    identity |= {"trial": "model-1", "index": 0, "attempt": 1}
    root = f"{search.namespace}/{search.name}/{search.uid}"
    storage = {"bucket": BUCKET, "root": root}
    asked_for = trial_of(case, data, work="Export", identity=identity, model=request, storage=storage)
    result = WORK[Work.EXPORT](attempt_of(asked_for, store))
    assert result.model is not None, result
    return result.model.metrics, store.get(f"models/1/{result.model.folder}card.md").decode()
