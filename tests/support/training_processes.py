"""What processes of a group do together: run once by torchrun for all tests of `nas_trial.training.distributed`.

Each process writes what it found to ``<directory>/<rank>.pt``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from tests.support.stop_after import StopAfter
from tests.support.trials import architecture, trial_input
from torch import nn

from nas_core.api.evaluation import Evaluation, Optimizer
from nas_core.api.task import Dataset, Task
from nas_core.api.trial import CandidateSpec
from nas_core.contract import CandidateResult, TrialResult
from nas_core.layout import candidate_key
from nas_storage.directory_store import DirectoryStore
from nas_trial.data.examples import Examples
from nas_trial.data.load import load_examples
from nas_trial.errors import CandidateRejected, Stopped
from nas_trial.process.messages import Json
from nas_trial.process.stop import StopFlag
from nas_trial.training import distributed
from nas_trial.training.checkpoint import StateCopy, copy_state
from nas_trial.training.defaults import with_defaults
from nas_trial.training.distributed import Group
from nas_trial.training.ema import Ema
from nas_trial.training.engine import Engine
from nas_trial.training.hooks import Hooks
from nas_trial.training.progress import Progress
from nas_trial.training.recipe import Recipe
from nas_trial.training.schedule import make_optimizer
from nas_trial.training.tensor_message import Tensors
from nas_trial.training.train_state import TrainState, unpack
from nas_trial.work.packing import evaluate_all

CPU = torch.device("cpu")
PLAIN = Evaluation(
    epochs=2, batch_size=33, average_decay="0.9", optimizer=Optimizer(learning_rate="0.05", clip_norm="1")
)
"""With a batch that cannot be halved."""


class Pixels(nn.Module):
    """Linear, with or without batch normalisation, and with a weight that gets no gradient.

    ``most``: examples that it has memory for at a time.
    """

    def __init__(self, norm: bool = False, most: int = 1000) -> None:
        super().__init__()
        self.most = most
        self.body = nn.Sequential(nn.Flatten(), nn.Linear(64, 10), nn.BatchNorm1d(10) if norm else nn.Identity())
        self.unused = nn.Linear(3, 3)

    def forward(self, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
        if len(inputs["image"]) > self.most:
            raise torch.OutOfMemoryError("CUDA out of memory")
        out: torch.Tensor = self.body(inputs["image"])
        return out


def examples() -> Examples:
    return load_examples(Task(dataset=Dataset(name="digits", max_examples=210)), None, 0, CPU, StopFlag())


def engine(
    network: nn.Module, given: Examples, group: Group | None, evaluation: Evaluation = PLAIN, stop: Any = None
) -> Engine:
    evaluation = with_defaults(evaluation, "image-classification")
    state = TrainState(network, make_optimizer(network, evaluation), Ema(network, float(evaluation.average_decay)))
    return Engine(state, given, Recipe(evaluation, 7), CPU, Hooks(stop or StopFlag()), group)


def seeded(seed: int, **settings: Any) -> Pixels:
    torch.manual_seed(seed)
    return Pixels(**settings)


def trained(made: Engine, start: Progress | None = None) -> dict[str, Any]:
    progress = made.train(start or Progress())
    return {
        "network": made.state.network.state_dict(),
        "average": made.state.judged.state_dict(),
        "metrics": progress.metrics,
        "parts": progress.parts,
    }


def move(made: Engine) -> Engine:
    """Make a step, so that the optimiser has momentum."""
    made.state.network({"image": torch.ones(2, 1, 8, 8)}).square().sum().backward()
    made.state.optimizer.step()
    return made


def alike(group: Group, given: Examples) -> dict[str, Any]:
    """Train from the first process's weights and momentum, which the other does not have."""
    made = engine(seeded(group.rank), given, group)
    if group.rank == 0:
        move(made)
    start = group.synchronise(made.state, Progress(parts=2))
    assert start == Progress(parts=2)
    return trained(made)


def stopped(group: Group, given: Examples) -> dict[str, Any]:
    """Stop when only the second process is asked to."""
    own = StopAfter(7) if group.rank else StopFlag()
    made = engine(seeded(0), given, group, stop=own)
    saved: list[Progress] = []
    made.hooks.save = lambda progress: saved.append(replace(progress))
    with suppress(Stopped):
        made.train(Progress())
    return {"epoch": saved[-1].epoch, "step": saved[-1].step, "sums": saved[-1].sums}


def saved_within(group: Group, given: Examples) -> dict[str, Any]:
    """Train with a checkpoint before each step, which only the first process wants, and on from one of the last."""
    made = engine(seeded(0, norm=True), given, group)
    if group.rank == 0:
        made.hooks.due = lambda: True
    left: list[StateCopy] = []
    made.hooks.save = lambda progress: left.append(copy_state(made.state, progress))
    found = trained(made)
    within = next(copy for copy in left if (copy.progress.epoch, copy.progress.step) == (1, 2))
    again = engine(seeded(1, norm=True), given, group)
    if group.rank == 0:
        unpack(within.tensors, again.state)
    start = group.synchronise(again.state, within.progress if group.rank == 0 else None)
    assert start
    return found | {"saves": len(left), "again": trained(again, start)}


def packed(group: Group, directory: Path) -> list[str]:
    """Evaluate three candidates, of which one has a result in the first process's storage and one is rejected."""
    storage, results = {"bucket": "bucket", "root": "root"}, DirectoryStore(directory)
    specs = [{"id": i, "architecture": architecture("333333"), "origin": "Random"} for i in "abc"]
    trial = trial_input(candidates=specs, storage=storage)
    if group.rank == 0:
        known = CandidateResult(id="a", outcome="Succeeded")
        results.put(candidate_key("root", "digits-0", "a"), known.model_dump_json(by_alias=True).encode())
    asked = []

    def evaluate(candidate: CandidateSpec) -> TrialResult:
        asked.append(candidate.id)
        group.sum({"together": 1.0})
        if candidate.id == "b":
            raise CandidateRejected("ArchitectureInvalid", "no")
        return TrialResult(outcome="Succeeded")

    evaluate_all(trial, evaluate, None if group.rank else results, lambda _: None, group)
    return asked


@contextmanager
def rejection(found: dict[str, Any], name: str) -> Iterator[None]:
    try:
        yield
    except CandidateRejected as error:
        found[name] = (error.reason, error.message)


def main(directory: Path) -> None:
    torch.set_num_threads(1)
    group = distributed.join()
    assert group
    found: dict[str, Any] = {}
    given = examples()
    found["sent"] = sent(group)
    found["plain"] = trained(engine(seeded(0), given, group))
    found["normalised"] = trained(engine(seeded(0, norm=True), given, group))
    found["alike"] = alike(group, given)
    found["hungry"] = trained(engine(seeded(0, most=5 if group.rank else 1000), given, group))
    distributed.AGREE_EVERY_S = 0.0
    found["saved within"] = saved_within(group, given)
    found["stopped"] = stopped(group, given)
    with rejection(found, "diverged"):
        high = PLAIN.model_copy(update={"optimizer": Optimizer(learning_rate="1e30")})
        engine(seeded(0), given, group, high).train(Progress())
    with rejection(found, "too few"):
        engine(seeded(0), given, group, PLAIN.model_copy(update={"batch_size": 1}))
    with rejection(found, "from first"):
        group.from_first(refuse, Json(None))
    found["packed"] = packed(group, directory / "bucket")
    torch.save(found, directory / f"{group.rank}.pt")
    group.leave()


def sent(group: Group) -> dict[str, Any]:
    """What the first process alone has, as this one gets it."""
    own = {"a": torch.full((2, 3), 0.1, dtype=torch.float64), "b": torch.tensor(7)} if group.rank == 0 else {}
    numbers = {"third": 1 / 3, "infinite": float("inf")} if group.rank == 0 else {}
    return {
        "tensors": group.from_first(lambda: own, Tensors()),
        "numbers": group.from_first(lambda: numbers, Json(dict[str, float])),
        "of the pod": group.from_first(lambda: [group.rank], Json(list[int]), each_pod=True),
    }


def refuse() -> None:
    raise CandidateRejected("DatasetInvalid", "no rows")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
