"""Examples on their way to a GPU: copied in a stream of their own while the one before them is used."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from nas_core.api.task import Task
from nas_trial.data.examples import Examples, InMemory
from nas_trial.data.load import load_examples
from nas_trial.data.streaming import Streamed
from nas_trial.process.device import pick_device
from nas_trial.process.stop import StopFlag

PHOTOS, SIDE = 600, 48
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """PNG files, so that what is read is what was written."""
    made, random = tmp_path_factory.mktemp("photos"), np.random.default_rng(0)
    for number in range(PHOTOS):
        (made / f"class-{number % 3}").mkdir(exist_ok=True)
        pixels = random.integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(made / f"class-{number % 3}" / f"{number}.png")
    return made


def load(folder: Path, limit: str, device: torch.device) -> Examples:
    dataset = {"path": str(folder), "memoryLimit": limit}
    task = Task.model_validate({"type": "image-classification", "dataset": dataset})
    return load_examples(task, None, 0, device, StopFlag())


@pytest.mark.parametrize("limit", ["1Mi", "8Gi"])
def test_what_comes_to_the_gpu_is_what_was_read(folder: Path, limit: str) -> None:
    """Also where the GPU is so busy that the next batches wait for it."""
    on_gpu, on_host = (load(folder, limit, device).train for device in (pick_device(), CPU))
    assert isinstance(on_gpu, Streamed if limit == "1Mi" else InMemory)
    order = on_host.order(0, 0)
    busy = torch.rand(4096, 4096, device="cuda")
    found = []
    for batch in on_gpu.batches(list(on_gpu.order(0, 0).split(16))):
        for _ in range(8):
            busy = busy @ busy
        # In the stream that computes, behind its work: it would show if the memory had been used again by then.
        found.append((batch.rows["image"].clone(), batch.targets.clone()))
    expected = list(on_host.batches(list(order.split(16))))
    assert len(found) == len(expected)
    for (images, targets), batch in zip(found, expected, strict=True):
        assert images.device.type == "cuda"
        assert torch.equal(images.cpu(), batch.rows["image"])
        assert torch.equal(targets.cpu(), batch.targets)


def test_inputs_that_would_fill_the_gpu_stay_on_the_host(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (2**20, 2**30))
    train = load(folder, "8Gi", pick_device()).train
    assert isinstance(train, InMemory) and train.home == CPU
    assert next(train.batches([train.in_order()])).rows["image"].device.type == "cuda"


def test_retraining_takes_no_more_memory(folder: Path) -> None:
    """Training and validation examples are joined where they lie."""
    examples = load(folder, "8Gi", pick_device())
    assert examples.test is not None or examples.for_retraining() is examples
    before = torch.cuda.memory_allocated()
    joined = examples.train.joined(examples.val)
    assert len(joined) == len(examples.train) + len(examples.val)
    assert torch.cuda.memory_allocated() - before < PHOTOS * 64
