from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import get_args

import numpy as np
import pytest
import torch
from pytest import MonkeyPatch
from tests.support.stop_after import StopAfter
from torch import Tensor, nn

from nas_core.api.evaluation import Evaluation
from nas_core.api.guidance import Guidance
from nas_core.api.space import SearchSpaceSpec
from nas_core.api.strategy import Objective
from nas_core.api.supernet import Supernet, SupernetTraining
from nas_core.api.task import Dataset, Task
from nas_trial.data.examples import Examples
from nas_trial.data.load import load_examples
from nas_trial.errors import CandidateRejected, Stopped
from nas_trial.process.stop import StopFlag
from nas_trial.supernet.methods import METHODS
from nas_trial.supernet.shared_weights import SharedWeights
from nas_trial.supernet.train import SupernetTraining as Prepared
from nas_trial.supernet.train import divided, prepare
from nas_trial.training.checkpoint import StateCopy, copy_state
from nas_trial.training.defaults import with_defaults
from nas_trial.training.engine import Engine
from nas_trial.training.hooks import Hooks
from nas_trial.training.progress import Progress
from nas_trial.training.recipe import Recipe
from nas_trial.training.train_state import pack, unpack

CPU = torch.device("cpu")
CELLS = SearchSpaceSpec(name="nas-bench-201", width=2, depth=1)
SIZES = SearchSpaceSpec(name="mobilenet", width=8, depth=2)
NAMES = sorted(METHODS)
TIMED = ("examples_per_second", "device_wait_share")


@pytest.fixture(scope="module")
def examples() -> Examples:
    return load_examples(Task(dataset=Dataset(name="digits", max_examples=200)), None, 0, CPU, StopFlag())


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def prepared(
    examples: Examples, training: str, spec: SearchSpaceSpec = CELLS, epochs: int = 2, guidance: Guidance | None = None
) -> Prepared:
    settings = Supernet(training=training, epochs=epochs, recalibration=2)
    evaluation = with_defaults(Evaluation(batch_size=64), "image-classification")
    recipe = Recipe(evaluation, 3, [Objective(metric="val_accuracy")])
    return prepare(spec, settings, examples, recipe, CPU, guidance=guidance)


def train(of: Prepared, progress: Progress | None = None, hooks: Hooks | None = None) -> Progress:
    return Engine(of.state, of.examples, of.recipe, CPU, hooks or Hooks()).train(progress or Progress())


def comparable(progress: Progress) -> Mapping[str, float]:
    return {name: value for name, value in progress.metrics.items() if name not in TIMED}


def test_the_api_names_the_methods_that_there_are() -> None:
    assert sorted(get_args(SupernetTraining)) == NAMES


@pytest.mark.parametrize("training", NAMES)
@pytest.mark.parametrize("spec", [CELLS, SIZES], ids=["cells", "sizes"])
def test_shared_weights_learn(training: str, spec: SearchSpaceSpec, examples: Examples) -> None:
    of = prepared(examples, training, spec)
    before = {name: value.clone() for name, value in of.state.network.state_dict().items()}
    progress = train(of)
    after = of.state.network.state_dict()
    assert progress.epoch == 2 and np.isfinite(progress.metrics["val_loss"])
    changed = sum(not torch.equal(before[name], after[name]) for name in before)
    assert changed > len(before) / 2


@pytest.mark.parametrize("training", NAMES)
def test_what_is_stopped_goes_on_as_if_it_had_not_been(training: str, examples: Examples) -> None:
    whole = prepared(examples, training, epochs=3)
    undisturbed = train(whole)

    saved: list[StateCopy] = []
    of = prepared(examples, training, epochs=3)
    progress: Progress | None = None
    # Within the first epoch, after it, and in the last one.
    for steps in (1, 2, 2):
        hooks = Hooks(
            StopAfter(steps),
            save=lambda now, of=of: saved.append(copy_state(of.state, now)),  # type: ignore[misc]
            due=lambda: True,  # a checkpoint before each step, of which training takes no notice
        )
        with pytest.raises(Stopped):
            train(of, progress, hooks)
        # A new process: everything is made anew, and only the checkpoint is left.
        of, progress = prepared(examples, training, epochs=3), saved[-1].progress
        unpack(dict(saved[-1].tensors), of.state)
    resumed = train(of, progress)
    assert_equal(pack(of.state), pack(whole.state))
    assert comparable(resumed) == comparable(undisturbed)


@pytest.mark.parametrize("training", NAMES)
def test_no_step_trains_what_guidance_forbids(training: str, examples: Examples, monkeypatch: MonkeyPatch) -> None:
    masked = Guidance.model_validate({"decisions": [{"name": "*", "forbid": ["none", "nor_conv_3x3"]}]})
    trained: list[dict[str, str]] = []
    choose = SharedWeights.choose

    def noted(self: SharedWeights, path: dict[str, str]) -> nn.Module:
        trained.append(path)
        return choose(self, path)

    monkeypatch.setattr(SharedWeights, "choose", noted)
    of = prepared(examples, training, guidance=masked)
    train(of)
    assert len(trained) > 4 and not {"none", "nor_conv_3x3"} & {op for path in trained for op in path.values()}
    assert not any(of.rule.space.outside(one.architecture) for one in of.rule.derived())


def test_what_guidance_masks_goes_on_as_if_it_had_not_been_stopped(examples: Examples) -> None:
    masked = Guidance.model_validate({"decisions": [{"name": "*", "forbid": ["none"]}]})
    whole = prepared(examples, "enas", guidance=masked)
    undisturbed = train(whole)
    saved: list[StateCopy] = []
    of = prepared(examples, "enas", guidance=masked)
    with pytest.raises(Stopped):
        train(of, None, Hooks(StopAfter(3), save=lambda now: saved.append(copy_state(of.state, now)), due=lambda: True))
    again = prepared(examples, "enas", guidance=masked)
    unpack(dict(saved[-1].tensors), again.state)
    resumed = train(again, saved[-1].progress)
    assert_equal(pack(again.state), pack(whole.state))
    assert comparable(resumed) == comparable(undisturbed)


def test_guidance_that_cannot_be_kept_is_told(examples: Examples) -> None:
    unknown = Guidance.model_validate({"decisions": [{"name": "0-9", "forbid": ["none"]}]})
    with pytest.raises(CandidateRejected, match="'0-9' is no decision of nas-bench-201"):
        prepared(examples, "fair", guidance=unknown)


def assert_equal(found: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> None:
    assert found.keys() == wanted.keys()
    assert [name for name in found if not torch.equal(found[name], wanted[name])] == []


def test_a_controller_learns_which_networks_are_good(examples: Examples) -> None:
    of = prepared(examples, "enas", epochs=4)
    train(of)
    derived = of.rule.derived()
    rewards = [each.metrics["reward"] for each in derived]
    assert rewards == sorted(rewards, reverse=True) and len(derived) > 1
    space = of.rule.space
    for each in derived:
        space.validate(each.architecture)
    assert of.rule.shown()["arch_entropy"] < np.log(5)


def test_other_methods_choose_no_architecture(examples: Examples) -> None:
    assert prepared(examples, "fair").rule.derived() == []


def test_weights_do_not_learn_from_the_examples_of_the_controller(examples: Examples) -> None:
    kept, back = divided(examples.train, 0.25, 1)
    rows = set(kept.in_order().tolist()), set(back.in_order().tolist())
    assert not rows[0] & rows[1] and len(rows[0]) + len(rows[1]) == len(examples.train)
    assert len(back) == round(0.25 * len(examples.train))


@pytest.mark.parametrize("spec", [CELLS, SIZES], ids=["cells", "sizes"])
def test_networks_of_images_compute_in_the_layout_that_is_fast(spec: SearchSpaceSpec, examples: Examples) -> None:
    weights = prepared(examples, "singlePath", spec).rule.weights
    layouts = []
    for module in weights.chosen.modules():
        if isinstance(module, nn.Conv2d) and module.out_channels > 1 and module.kernel_size != (1, 1):
            module.register_forward_hook(
                lambda _, __, out: layouts.append(out.is_contiguous(memory_format=torch.channels_last))
            )
    [batch] = examples.train.batches([examples.train.in_order()[:8]])
    weights(examples.inputs(batch))
    assert layouts and all(layouts)
