from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from tests.support.bundles import attempt_of
from tests.support.trials import architecture, trial_input
from torch import nn

import nas_model
from nas_core.api.evaluation import InitFrom
from nas_core.contract import TrialInput, TrialResult
from nas_core.states import Work
from nas_model.model import Model
from nas_model.preprocessing.forms import ClassesForm, ImageForm, Preprocessing, SeriesForm
from nas_storage.directory_store import DirectoryStore
from nas_trial.data.examples import Examples
from nas_trial.data.load import load_examples
from nas_trial.errors import CandidateRejected
from nas_trial.process.stop import StopFlag
from nas_trial.work import initial_weights
from nas_trial.work.table import WORK

CPU = torch.device("cpu")
FILE = {"0.weight": torch.ones(2, 3), "0.bias": torch.ones(2), "1.weight": torch.ones(5, 2)}
REPORT = "evaluation.initFrom: 2 of 4 tensors, 8 of 14 parameters were loaded"


@pytest.fixture(scope="module")
def digits() -> Examples:
    trial = trial_input()
    return load_examples(trial.task, None, trial.data_seed, CPU, StopFlag())


def two_layers() -> nn.Sequential:
    return nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 2))


@pytest.mark.parametrize("freeze", [False, True])
def test_weights_of_a_file(tmp_path: Path, freeze: bool, digits: Examples) -> None:
    file, network = tmp_path / "w.safetensors", two_layers()
    save_file(FILE, file)
    known = hashlib.sha256(file.read_bytes()).hexdigest()
    given = InitFrom(path=str(file), freeze=freeze, sha256=known)
    found, message = initial_weights.load(network, given, attempt_of(trial_input(), None), digits)
    assert message == f"{REPORT}{', 6 are trained' if freeze else ''}; not 1.weight, 1.bias"
    assert (found.source, found.sha256) == (str(file), known)
    assert (found.inherited, found.trained) == (8, 6 if freeze else 14)
    assert torch.equal(network.state_dict()["0.weight"], torch.ones(2, 3))
    assert [parameter.requires_grad for parameter in network.parameters()] == [not freeze, not freeze, True, True]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"path": "/nowhere/w.safetensors"}, "evaluation.initFrom: there is no file at /nowhere"),
        ({"path": "/nowhere/bundle/"}, "evaluation.initFrom '/nowhere/bundle/': .*bundle.json cannot be read"),
        ({"uri": "s3://bucket/w.safetensors"}, "evaluation.initFrom .*needs spec.storage"),
        ({"uri": "s3://bucket/bundle/"}, "evaluation.initFrom .*needs spec.storage"),
    ],
)
def test_a_file_that_is_not_there(given: dict[str, str], message: str, digits: Examples) -> None:
    with pytest.raises(CandidateRejected, match=message):
        initial_weights.load(nn.Linear(1, 1), InitFrom(**given), attempt_of(trial_input(), None), digits)


def test_another_file_than_the_one_that_was_named(tmp_path: Path, digits: Examples) -> None:
    file = tmp_path / "w.safetensors"
    save_file(FILE, file)
    with pytest.raises(CandidateRejected, match=r"initFrom\.sha256 is 0000.*it is another file"):
        initial_weights.load(
            two_layers(), InitFrom(path=str(file), sha256="0" * 64), attempt_of(trial_input(), None), digits
        )


def images(folder: Path, classes: list[int], shift: int) -> str:
    """Write images of two classes that differ by their left half, brighter by ``shift``."""
    rng = np.random.default_rng(shift)
    arrays: dict[str, np.ndarray] = {}
    for split, count in {"train": 40, "val": 20, "test": 20}.items():
        y = np.arange(count) % 2
        x = rng.integers(0, 60, (count, 1, 8, 8)) + shift
        x[:, :, :, :4] += 80 * y[:, None, None, None]
        arrays |= {f"x_{split}": x.astype(np.uint8), f"y_{split}": np.array(classes)[y]}
    folder.mkdir()
    np.savez(folder / "images.npz", **arrays)  # type: ignore[arg-type]
    return str(folder)


class Pretrained:
    """A model of images of the classes 0 and 1, and others of other classes, or brighter ones."""

    def __init__(self, directory: Path) -> None:
        self.store = DirectoryStore(directory / "objects")
        self.known = images(directory / "known", [0, 1], 0)
        self.new = images(directory / "new", [2, 3], 100)
        self.result = self.trained(self.known, "first")
        assert self.result.bundle is not None
        self.folder = f"{self.store.directory / self.result.bundle.removeprefix('s3://bucket/')}/"

    def trial(self, data: str, name: str, **evaluation: Any) -> TrialInput:
        given = trial_input()
        return trial_input(
            identity=given.identity.model_copy(update={"trial": name}),
            work="Retrain",
            candidates=[{"id": "one", "architecture": architecture("312310"), "origin": "Random"}],
            task={"dataset": {"path": data}},
            evaluation={"epochs": 1, "batchSize": 16, **evaluation},
            storage={"bucket": "bucket", "root": "root"},
        )

    def trained(self, data: str, name: str, **evaluation: Any) -> TrialResult:
        return WORK[Work.RETRAIN](attempt_of(self.trial(data, name, **evaluation), self.store))

    def model(self, result: TrialResult) -> Model:
        assert result.bundle is not None
        return nas_model.load(self.store.directory / result.bundle.removeprefix("s3://bucket/"))


@pytest.fixture(scope="module")
def pretrained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pretrained]:
    with pytest.MonkeyPatch.context() as patch:
        # The measuring has tests of its own.
        patch.setattr("nas_trial.measuring.measure.hardware_metrics", lambda *_: ({"parameters": 7.0}, False))
        yield Pretrained(tmp_path_factory.mktemp("pretrained"))


def test_a_model_for_new_classes_keeps_the_encoder_and_the_normalisation(pretrained: Pretrained) -> None:
    result = pretrained.trained(pretrained.new, "frozen", initFrom={"path": pretrained.folder, "freeze": True})
    before, after = pretrained.model(pretrained.result), pretrained.model(result)
    assert (before.classes, after.classes) == (("0", "1"), ("2", "3"))
    head = {"classifier.weight", "classifier.bias"}
    old, new = before.network.state_dict(), after.network.state_dict()
    assert {name for name in new if not torch.equal(new[name], old[name])} == head
    found = result.initial_weights
    assert found is not None and found.source == pretrained.folder
    weights = Path(pretrained.folder, "weights.safetensors").read_bytes()
    assert found.sha256 == hashlib.sha256(weights).hexdigest()
    assert found.trained == sum(new[name].numel() for name in head)
    assert found.inherited + found.trained == sum(one.numel() for one in after.network.parameters())
    # As the encoder saw its images, not as these, which are brighter, would be standardised.
    for data in (np.zeros((1, 1, 8, 8), np.uint8), np.full((1, 1, 8, 8), 200, np.uint8)):
        assert torch.equal(before.preprocess(data)["image"], after.preprocess(data)["image"])


def test_of_the_same_classes_the_last_layer_is_taken_too_and_trained(pretrained: Pretrained) -> None:
    result = pretrained.trained(pretrained.known, "same", initFrom={"path": pretrained.folder, "freeze": True})
    found = result.initial_weights
    network = pretrained.model(result).network
    assert found is not None and found.inherited == sum(one.numel() for one in network.parameters())
    head = network.get_submodule("classifier")
    assert found.trained == sum(one.numel() for one in head.parameters())


def test_the_bundle_is_the_one_whose_hash_was_given(pretrained: Pretrained) -> None:
    attempt = attempt_of(
        pretrained.trial(pretrained.new, "pinned", initFrom={"path": pretrained.folder, "sha256": "0" * 64}), None
    )
    with pytest.raises(CandidateRejected, match="has not the sha256 0000"):
        WORK[Work.RETRAIN](attempt)


def form(**changes: Any) -> Preprocessing:
    image = ImageForm(channels=1, height=8, width=8, type="uint8", mean=(1.0,), deviation=(2.0,))
    target = ClassesForm(kind="classes", names=("a", "b"))
    return Preprocessing(task="image-classification", image=image, target=target).model_copy(update=changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({}, None),
        ({"target": ClassesForm(kind="classes", names=("c",))}, None),
        (
            {"image": ImageForm(channels=3, height=9, width=8, type="uint8", mean=(1.0,) * 3, deviation=(1.0,) * 3)},
            "its images have 3 channels of uint8, and these 1 channels of uint8",
        ),
        ({"image": None}, "only one of them has image"),
        ({"series": SeriesForm(channels=1, steps=2, mean=(0.0,), deviation=(1.0,))}, "series is prepared otherwise"),
    ],
)
def test_which_inputs_weights_are_of_use_for(changes: dict[str, Any], message: str | None) -> None:
    found = initial_weights._other_inputs(form(), form(**changes))
    assert found == message if message is None else message in (found or "")


def test_a_model_of_other_inputs_is_refused(pretrained: Pretrained, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(initial_weights, "_other_inputs", lambda *_: "its images have 3 channels")
    attempt = attempt_of(pretrained.trial(pretrained.new, "odd", initFrom={"path": pretrained.folder}), None)
    with pytest.raises(CandidateRejected, match=r"takes other inputs than these data.*weights.safetensors alone"):
        WORK[Work.RETRAIN](attempt)
