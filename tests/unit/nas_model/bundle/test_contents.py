from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from safetensors.torch import load_file
from tests.support.small_bundle import write_bundle

from nas_model.bundle.contents import signature_file
from nas_model.preprocessing.forms import (
    AudioForm,
    CategoricalForm,
    ClassesForm,
    ImageForm,
    NumbersForm,
    NumericForm,
    Preprocessing,
    TextForm,
)


def test_the_manifest_is_last_and_names_all_others(tmp_path: Path) -> None:
    folder = write_bundle(tmp_path / "b")
    manifest: dict[str, Any] = json.loads((folder / "bundle.json").read_text())
    assert manifest["schemaVersion"] == 1 and manifest["origin"]["searchUID"] == "uid"
    assert {file["name"] for file in manifest["files"]} == {path.name for path in folder.iterdir()} - {"bundle.json"}
    for file in manifest["files"]:
        content = (folder / file["name"]).read_bytes()
        assert (file["bytes"], file["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    assert all(json.loads(path.read_text()) for path in folder.glob("*.json"))
    assert load_file(folder / "weights.safetensors")


def test_the_signature_tells_what_a_network_takes() -> None:
    everything = Preprocessing(
        task="multi-modal-classification",
        image=ImageForm(channels=3, height=4, width=5, type="uint8", mean=(0.0,) * 3, deviation=(1.0,) * 3),
        text=TextForm(length=6, words=("a",)),
        audio=AudioForm(rate=8000, samples=9),
        numeric=NumericForm(columns=("n",), mean=(0.0,), deviation=(1.0,)),
        categorical=CategoricalForm(columns=("c", "d"), categories=(("x", "y"), ("z",))),
        target=ClassesForm(kind="labels", names=("p", "q")),
    )
    told = signature_file(everything).to_dict()
    assert told["meaning"] == "logits-of-labels" and told["classes"] == ["p", "q"]
    assert told["inputs"] == [
        {"name": "image", "type": "float32", "shape": [3, 4, 5]},
        {"name": "text", "type": "int64", "shape": [6], "below": [3]},
        {"name": "audio", "type": "float32", "shape": [9], "rate": 8000},
        {"name": "numeric", "type": "float32", "shape": [1]},
        {"name": "categorical", "type": "int64", "shape": [2], "below": [3, 2]},
    ]
    numbers = NumbersForm(columns=("y",), mean=(3.0,), deviation=(2.0,))
    told = signature_file(everything.model_copy(update={"target": numbers})).to_dict()
    assert (told["meaning"], told["columns"], told["mean"], told["deviation"]) == ("numbers", ["y"], [3.0], [2.0])
