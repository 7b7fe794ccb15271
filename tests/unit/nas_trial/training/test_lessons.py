from __future__ import annotations

import random
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from nas_core.api.evaluation import Evaluation
from nas_core.api.task import Dataset, Task
from nas_model.signature import Inputs
from nas_trial.data.examples import Batch, Examples
from nas_trial.data.load import load_examples
from nas_trial.process.stop import StopFlag
from nas_trial.training.augment import make_augmentation
from nas_trial.training.lessons import Lessons

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def examples() -> Examples:
    return load_examples(Task(dataset=Dataset(name="digits", max_examples=60)), None, 0, CPU, StopFlag())


def lessons(examples: Examples, **fields: object) -> Lessons:
    augment = make_augmentation(Evaluation.model_validate(fields), examples.signature, classification=True)
    return Lessons(examples, augment, 0.0, CPU, torch.float32)


def batch(examples: Examples) -> Batch:
    (found,) = examples.train.batches([torch.arange(8)])
    return found


def pixels(inputs: Inputs) -> Tensor:
    return inputs["image"].flatten(1)[:, :10]


def test_outputs_and_loss_are_those_of_the_examples(examples: Examples) -> None:
    part = batch(examples)

    run, loss_of = lessons(examples).of(part, pixels, random.Random(0))

    expected = pixels(examples.inputs(part))
    assert torch.equal(run(), expected)
    assert torch.equal(loss_of(run()), torch.nn.functional.cross_entropy(expected, part.targets))


def test_what_is_random_is_drawn_once(examples: Examples) -> None:
    torch.manual_seed(0)

    run, loss_of = lessons(examples, augmentation=["crop"], mixup="0.4").of(batch(examples), pixels, random.Random(0))

    assert torch.equal(run(), run()) and torch.equal(loss_of(run()), loss_of(run()))
    assert not torch.equal(run(), pixels(examples.inputs(batch(examples))))


def test_narrow_arithmetic_is_for_the_network(examples: Examples) -> None:
    seen: list[torch.dtype] = []

    def linear(inputs: Inputs) -> Tensor:
        out = torch.nn.functional.linear(inputs["image"].flatten(1), torch.ones(10, 64))
        seen.append(out.dtype)
        return out

    run, _ = replace(lessons(examples), dtype=torch.bfloat16).of(batch(examples), linear, random.Random(0))
    run()

    assert seen == [torch.bfloat16]
