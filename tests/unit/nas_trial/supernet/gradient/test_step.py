from __future__ import annotations

from typing import Any

import pytest
import torch

from nas_core.api.evaluation import Evaluation
from nas_core.api.gradient import Darts, Gdas, Gradient, PcDarts
from nas_core.api.space import SearchSpaceSpec
from nas_trial.data.examples import Examples
from nas_trial.supernet.gradient.run import GradientSearch, prepare
from nas_trial.supernet.gradient.step import ARCHITECTURE, AUGMENTATION
from nas_trial.training.defaults import with_defaults
from nas_trial.training.engine import Engine
from nas_trial.training.hooks import Hooks
from nas_trial.training.progress import Progress
from nas_trial.training.recipe import Recipe
from nas_trial.training.step_rule import Lesson

CPU = torch.device("cpu")
SPACE = SearchSpaceSpec.model_validate(
    {"cell": {"kind": "edges", "nodes": 3, "operations": ["none", "skip_connect", "conv_3x3"]}, "width": 4, "depth": 1}
)


def begun(settings: Gradient, examples: Examples, **changes: Any) -> GradientSearch:
    evaluation = with_defaults(Evaluation(epochs=2, batch_size=16, **changes), "image-classification")
    return prepare(SPACE, settings, examples, Recipe(evaluation, seed=5), CPU)


def engine(made: GradientSearch) -> Engine:
    return Engine(made.state, made.examples, made.recipe, CPU, Hooks())


def lesson(made: GradientSearch) -> Lesson:
    batch, _ = made.rule.loss.examples.batch(0)
    inputs = made.examples.inputs(batch)
    return Lesson(
        lambda: made.state.network(inputs),
        lambda outputs: made.examples.task.loss(outputs, batch.targets, 0.0),
        lambda loss: loss.backward(),
    )


def test_a_step_changes_the_architecture_and_leaves_gradients_of_the_weights_alone(examples: Examples) -> None:
    made = begun(Darts(), examples)
    before = made.rule.state()["alpha.cell"].clone()
    weights = {name: value.clone() for name, value in made.state.network.named_parameters()}

    made.rule.begin(1, 0, 0.1)
    made.rule.learn(lesson(made))

    assert not torch.equal(made.rule.state()["alpha.cell"], before)
    assert all(torch.equal(value, weights[name]) for name, value in made.state.network.named_parameters())
    assert all(alpha.grad is None for alpha in made.rule.choosing.parameters.all)
    assert any(weight.grad is not None for weight in made.state.network.parameters())


@pytest.mark.parametrize(
    "settings", [Darts(), Darts(order="second"), PcDarts(partial_channels=2)], ids=lambda s: type(s).__name__
)
def test_the_architecture_steps_to_where_the_loss_on_its_examples_is_less(
    settings: Gradient, examples: Examples
) -> None:
    made = begun(settings.model_copy(update={"learning_rate": "0.01"}), examples)
    choosing, epoch = made.rule.choosing, made.rule._first_epoch
    step = epoch * made.rule.loss.examples.steps
    made.rule.begin(3, step, 0.1)

    def loss() -> float:
        choosing.draw(made.rule._drawn(ARCHITECTURE), 0.0, learning=False)
        return made.rule.loss.first_part(step, made.rule._drawn(AUGMENTATION)).item()

    before = loss()
    made.rule.learn(lesson(made))

    assert made.rule.state()["alpha.cell.step"] == 1
    assert loss() < before


def test_the_architecture_takes_one_step_however_many_parts_a_batch_has(examples: Examples) -> None:
    made = begun(Darts(), examples)

    made.rule.begin(1, 0, 0.1)
    for _ in range(3):
        made.rule.learn(lesson(made))

    assert made.rule.state()["alpha.cell.step"] == 1


def test_all_parts_of_a_batch_and_a_step_that_is_tried_again_have_the_same_path(examples: Examples) -> None:
    made = begun(Gdas(), examples)

    def path() -> list[int | None]:
        return [made.rule.choosing.mixed.choices.on("cell", edge).path for edge in range(3)]

    made.rule.begin(9, 0, 0.1)
    made.rule.learn(lesson(made))
    first = path()
    made.rule.learn(lesson(made))
    assert path() == first
    made.rule.begin(9, 0, 0.1)
    made.rule.learn(lesson(made))
    assert path() == first


def test_the_architecture_learns_the_same_from_a_batch_in_parts(examples: Examples) -> None:
    gradients = []
    for parts in (1, 2):
        made = begun(Darts(), examples)
        made.rule.loss.parts = parts
        made.state.network.eval()  # a part has other statistics than the batch
        made.rule.begin(1, 0, 0.1)
        gradients.append(made.rule._gradients(made.rule.choosing.parameters.all)[0])

    whole, in_parts = gradients
    assert torch.allclose(whole, in_parts, atol=1e-6)


def test_too_little_memory_for_the_architecture_s_batch_is_answered_with_smaller_parts(
    examples: Examples, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = begun(Darts(epochs=2), examples)
    trained, sizes = engine(made), []
    network = type(made.state.network)
    forward = network.forward

    def hungry(self: Any, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
        sizes.append(len(inputs["image"]))
        if self.training and sizes[-1] > 10:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return forward(self, inputs)

    monkeypatch.setattr(network, "forward", hungry)

    progress = trained.train(Progress())

    assert (made.rule.loss.parts, progress.parts) == (2, 2)
    steps = progress.epoch * trained.steps
    assert made.rule.state()["alpha.cell.step"] == steps


def test_running_statistics_follow_the_steps_of_the_weights_alone(examples: Examples) -> None:
    made = begun(Darts(epochs=2, order="second", perturbation="adversarial"), examples)

    engine(made).train(Progress())

    counts = [value for name, value in made.state.network.state_dict().items() if name.endswith("num_batches_tracked")]
    assert {int(count) for count in counts} == {2 * made.rule.loss.examples.steps}


def test_the_auxiliary_skip_fades_with_the_epochs(examples: Examples) -> None:
    made = begun(Darts(epochs=4, auxiliary_skip=True), examples)
    steps, weights = made.rule.loss.examples.steps, []

    for epoch in range(4):
        made.rule.begin(1, epoch * steps, 0.1)
        made.rule.learn(lesson(made))
        weights.append(made.rule.choosing.mixed.choices.auxiliary)

    assert weights == [1.0, 0.75, 0.5, 0.25]


def test_a_search_whose_loss_gets_sharp_ends_with_the_architecture_of_before(
    examples: Examples, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = begun(Darts(epochs=20, eigenvalue_stop=True, learning_rate="0.05"), examples)
    sharp = iter([0.1] * 11 + [0.9] * 40)
    monkeypatch.setattr("nas_trial.supernet.gradient.step.dominant_eigenvalue", lambda *_: next(sharp))
    after: list[list[list[float]]] = []
    trained = engine(made)
    trained.hooks.save = lambda _: after.append(made.rule.choosing.means()["cell"].tolist())

    progress = trained.train(Progress())

    assert progress.epoch == 12
    assert made.rule.strengths()["cell"] == after[12 - 5 - 1] != after[-1]
    assert progress.metrics["arch_eigenvalue"] == 0.9


def test_the_eigenvalue_is_of_the_loss_of_the_architecture_s_examples(examples: Examples) -> None:
    made = begun(Darts(eigenvalue_stop=True), examples)
    statistics = {name: value.clone() for name, value in made.state.network.named_buffers()}
    alphas = made.rule.choosing.parameters.alphas["cell"]

    found = made.rule._eigenvalue()

    assert all(torch.equal(value, statistics[name]) for name, value in made.state.network.named_buffers())
    made.rule.choosing.mean()
    loss = made.rule.loss.first_part(0, 1)
    (gradient,) = torch.autograd.grad(loss, alphas, create_graph=True)
    rows = [torch.autograd.grad(value, alphas, retain_graph=True)[0].reshape(-1) for value in gradient.reshape(-1)]
    eigenvalues = torch.linalg.eigvalsh(torch.stack(rows).double())
    assert found == pytest.approx(eigenvalues[eigenvalues.abs().argmax()].item(), rel=0.05)


def test_an_eigenvalue_that_needs_more_memory_is_of_fewer_examples(
    examples: Examples, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = begun(Darts(eigenvalue_stop=True), examples)

    def hungry(loss: torch.Tensor, *_: Any) -> float:
        if sizes[-1] > 10:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return float(sizes[-1])

    sizes: list[int] = []
    made.state.network.register_forward_pre_hook(lambda _, given: sizes.append(len(given[0]["image"])))
    monkeypatch.setattr("nas_trial.supernet.gradient.step.dominant_eigenvalue", hungry)

    assert made.rule._eigenvalue() == sizes[-1] <= 10 < sizes[0]
