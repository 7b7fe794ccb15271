from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from nas_trial.data.examples import Batch, InMemory
from nas_trial.supernet.gradient.architecture_examples import ArchitectureExamples
from nas_trial.training.distributed import Group

STEPS = 4


@dataclass(frozen=True)
class Watched(InMemory):
    """Remembers how many batches were asked for each time."""

    asked: list[int] = field(default_factory=list)

    def batches(self, chosen: Sequence[Tensor]) -> Generator[Batch, None, None]:
        self.asked.append(len(chosen))
        yield from super().batches(chosen)


def made(split: Watched | None = None, group: Group | None = None) -> ArchitectureExamples:
    return ArchitectureExamples(split or watched(), seed=1, steps=STEPS, group=group)


def watched() -> Watched:
    return Watched({"table": torch.arange(10)[:, None]}, torch.arange(10))


def rows(examples: ArchitectureExamples, step: int) -> list[int]:
    return examples.batch(step)[0].targets.tolist()


def test_an_epoch_goes_once_through_all_examples_and_the_next_in_another_order() -> None:
    examples = made()

    epochs = [[row for step in range(STEPS) for row in rows(examples, epoch * STEPS + step)] for epoch in range(2)]

    assert [sorted(epoch) for epoch in epochs] == [list(range(10))] * 2
    assert epochs[0] != epochs[1]


def test_a_batch_depends_on_its_step_alone() -> None:
    examples = made()
    expected = [rows(examples, step) for step in range(2 * STEPS)]

    assert [rows(made(), step) for step in range(2 * STEPS)] == expected
    assert [rows(examples, step) for step in (5, 2, 2, 3)] == [expected[step] for step in (5, 2, 2, 3)]


def test_an_epoch_is_read_in_one_go() -> None:
    split = watched()
    examples = made(split)

    for step in range(2, 2 * STEPS):
        examples.batch(step)

    assert split.asked == [2, 4]


def test_processes_divide_a_batch() -> None:
    whole, _ = made().batch(1)
    parts = [made(group=Group(rank, 2, "cpu", 2)).batch(1) for rank in range(2)]

    assert [row for batch, _ in parts for row in batch.targets.tolist()] == whole.targets.tolist()
    assert sum(share for _, share in parts) == 1


def test_closing_ends_the_reading() -> None:
    examples = made()
    expected = rows(examples, 1)

    examples.close()

    assert rows(examples, 1) == expected
