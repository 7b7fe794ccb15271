from __future__ import annotations

import numpy as np
import pytest
import torch

from nas_core.api.task import Dataset
from nas_trial import data
from nas_trial.data.raw import RawData
from nas_trial.errors import CandidateRejected
from nas_trial.signature import ImageInput, Signature
from nas_trial.stop import StopFlag

CPU = torch.device("cpu")


def load(dataset: Dataset, seed: int = 0) -> data.Examples:
    return data.load(dataset, None, seed, CPU, StopFlag())


def test_digits() -> None:
    examples = load(Dataset(name="digits"))
    assert examples.signature == Signature(10, ImageInput(1, 8, 8))
    assert examples.classes == tuple("0123456789")
    assert len(examples.train) + len(examples.val) == 1797
    assert len(examples.val) == pytest.approx(0.2 * 1797, abs=5)
    assert examples.train.inputs["image"].dtype == torch.uint8
    assert int(examples.train.inputs["image"].max()) == 255


def test_batches_are_standardised_over_the_training_examples() -> None:
    examples = load(Dataset(name="digits"))
    everything = examples.batch(examples.train, torch.arange(len(examples.train)))[0]["image"]
    assert everything.dtype == torch.float32
    assert everything.mean().item() == pytest.approx(0, abs=1e-5)
    assert everything.std().item() == pytest.approx(1, abs=1e-4)


def test_channels_are_standardised_one_by_one_and_a_constant_one_is_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.zeros((20, 3, 4, 4), np.float32)
    x[:, 0] = np.random.default_rng(0).normal(5, 3, (20, 4, 4))
    x[:, 1] = 7
    raw = RawData(x, np.arange(20) % 2, ("0", "1"), "here")
    monkeypatch.setattr(data, "_read", lambda *_: raw)
    examples = load(Dataset(name="digits"))
    batch = examples.batch(examples.train, torch.arange(len(examples.train)))[0]["image"]
    assert batch[:, 0].std(correction=0).item() == pytest.approx(1, abs=1e-4)
    assert batch[:, 1:].abs().max().item() == pytest.approx(0, abs=1e-3)


def test_the_hash_is_of_the_data_whatever_part_is_used() -> None:
    whole, part = load(Dataset(name="digits")), load(Dataset(name="digits", max_examples=100), seed=1)
    assert len(part.train) + len(part.val) == 100
    assert whole.hash == part.hash
    assert whole.hash.startswith("sha256:")


def test_the_seed_decides_the_split() -> None:
    one, again, other = (load(Dataset(name="digits"), seed) for seed in (1, 1, 2))
    assert torch.equal(one.val.inputs["image"], again.val.inputs["image"])
    assert not torch.equal(one.val.inputs["image"], other.val.inputs["image"])


def test_a_limit_that_starves_classes() -> None:
    with pytest.raises(CandidateRejected, match="maxExamples 12 must be at least two for each of the 10 classes") as e:
        load(Dataset(name="digits", max_examples=12))
    assert e.value.reason == "SpecInvalid"


def test_an_address_needs_storage() -> None:
    with pytest.raises(CandidateRejected, match="uri together with storage") as caught:
        load(Dataset(uri="s3://bucket/data.npz"))
    assert caught.value.reason == "SpecInvalid"
