from __future__ import annotations

from typing import Any

import pytest
import torch
from tests.support.stop_after import StopAfter

from nas_core.api.evaluation import Evaluation
from nas_core.api.gradient import Darts, DrNas, Gdas, Gradient, PcDarts
from nas_core.api.guidance import Guidance
from nas_core.api.space import SearchSpaceSpec
from nas_core.api.strategy import StrategySpec
from nas_core.api.trial import Derived
from nas_core.spaces import get_space
from nas_core.spaces.guidance import guided
from nas_storage.directory_store import DirectoryStore
from nas_trial.data.examples import Examples
from nas_trial.errors import CandidateRejected, Stopped
from nas_trial.supernet.gradient.masks import masks_of
from nas_trial.supernet.gradient.mixed import Mixed
from nas_trial.supernet.gradient.run import GradientSearch, prepare, settings_of
from nas_trial.training.checkpoint import Checkpoints, copy_state
from nas_trial.training.defaults import with_defaults
from nas_trial.training.engine import Engine
from nas_trial.training.hooks import Hooks
from nas_trial.training.progress import Progress
from nas_trial.training.recipe import Recipe

CPU = torch.device("cpu")
EVALUATION = with_defaults(Evaluation(epochs=3, batch_size=16, augmentation=["flip"]), "image-classification")
OPTIONS = ["none", "skip_connect", "conv_3x3"]
EDGES = {"kind": "edges", "nodes": 3, "operations": OPTIONS}
INPUTS = {"kind": "inputs", "nodes": 2, "operations": ["skip_connect", "conv_1x1", "max_pool_3x3"]}
TINY: dict[str, dict[str, Any]] = {
    "nas-bench-201": {"name": "nas-bench-201"},
    "edges": {"cell": EDGES},
    "edges with a reduction": {"cell": {**EDGES, "reduction": True}},
    "inputs": {"cell": INPUTS},
    "inputs with a reduction": {"cell": {**INPUTS, "reduction": True}},
}


MASK = Guidance.model_validate(
    {"decisions": [{"name": "*", "forbid": ["none"]}, {"name": "0-2", "require": ["skip_connect"]}]}
)


def space(name: str = "edges", width: int = 4) -> SearchSpaceSpec:
    return SearchSpaceSpec.model_validate({**TINY[name], "width": width, "depth": 1})


def begun(
    settings: Gradient, examples: Examples, spec: SearchSpaceSpec | None = None, guidance: Guidance | None = None
) -> GradientSearch:
    return prepare(spec or space(), settings, examples, Recipe(EVALUATION, seed=5), CPU, guidance=guidance)


def search(made: GradientSearch, start: Progress, hooks: Hooks) -> tuple[Progress, Derived]:
    progress = Engine(made.state, made.examples, made.recipe, CPU, hooks).train(start)
    return progress, made.derived(progress.metrics)


def tensors(made: GradientSearch) -> dict[str, torch.Tensor]:
    return copy_state(made.state, Progress()).tensors


@pytest.mark.parametrize(
    "settings", [Darts(), PcDarts(partial_channels=2), Gdas(), DrNas()], ids=lambda s: type(s).__name__
)
@pytest.mark.parametrize("name", TINY)
def test_an_architecture_of_the_space_is_derived_and_the_search_is_told_of(
    settings: Gradient, name: str, examples: Examples
) -> None:
    shown: dict[str, float] = {}
    settings = settings.model_copy(update={"epochs": 2})
    made = begun(settings, examples, space(name))
    first = {name: value.clone() for name, value in made.rule.state().items()}

    progress, derived = search(made, Progress(), Hooks(report=lambda **now: shown.update(now)))

    get_space(made.space).validate(derived.architecture)
    assert progress.epoch == 2
    assert any(
        not torch.equal(first[key], value) for key, value in made.rule.state().items() if key.startswith("alpha")
    )
    assert 0 < derived.metrics["arch_entropy"] == progress.metrics["arch_entropy"]
    assert 0 <= derived.metrics["arch_gradient_conflict"] <= 1
    if name == "edges":
        assert {metric for metric in shown if metric.startswith("alpha_")} == {
            f"alpha_cell_{edge}_{option}" for edge in ("0_1", "0_2", "1_2") for option in OPTIONS
        }
    assert "val_accuracy" in shown
    assert not any(metric.startswith("alpha_") for metric in progress.metrics)


@pytest.mark.parametrize(
    "settings",
    [
        Darts(epochs=3),
        Darts(epochs=3, order="second"),
        Darts(epochs=3, perturbation="adversarial", auxiliary_skip=True, eigenvalue_stop=True),
        PcDarts(epochs=3, partial_channels=2, perturbation="random"),
        Gdas(epochs=3),
        DrNas(epochs=3, perturbation="random"),
    ],
    ids=["first order", "second order", "cures", "pc", "gdas", "dirichlet"],
)
@pytest.mark.parametrize("guidance", [None, MASK], ids=["free", "masked"])
@pytest.mark.parametrize("stops", [[2], [1, 4, 3]], ids=str)
def test_a_search_that_was_stopped_goes_on_bit_for_bit_as_if_it_had_not_been(
    settings: Gradient, stops: list[int], guidance: Guidance | None, examples: Examples, store: DirectoryStore
) -> None:
    undisturbed = begun(settings, examples, guidance=guidance)
    expected, found = search(undisturbed, Progress(), Hooks())

    for attempt, steps in enumerate([*stops, 10_000], start=1):
        checkpoints = Checkpoints(store, "t/checkpoints/", "bucket", attempt, "")
        again = begun(settings, examples, guidance=guidance)
        start = checkpoints.resume(again.state) or Progress()
        hooks = Hooks(
            StopAfter(steps),
            save=lambda now, c=checkpoints, a=again: c.save(copy_state(a.state, now)),  # type: ignore[misc]
            due=lambda: True,  # a checkpoint before each step, of which training takes no notice
        )
        if steps < 10_000:
            with pytest.raises(Stopped):
                search(again, start, hooks)
        else:
            progress, derived = search(again, start, hooks)

    assert derived == found
    assert progress.sums == expected.sums
    others = tensors(undisturbed)
    assert {name for name, value in tensors(again).items() if not torch.equal(value, others[name])} == set()


@pytest.mark.parametrize(
    "settings",
    [
        Darts(epochs=2, order="second", skip_limit=0),
        Darts(epochs=2, perturbation="adversarial", eigenvalue_stop=True, auxiliary_skip=True),
        PcDarts(epochs=2, partial_channels=2),
        Gdas(epochs=2, perturbation="random"),
        DrNas(epochs=2, perturbation="random"),
    ],
    ids=["second order", "cures", "pc", "gdas", "dirichlet"],
)
@pytest.mark.parametrize(
    ("name", "entries"),
    [
        ("edges with a reduction", [{"name": "*", "forbid": ["none"]}, {"name": "*.0-2", "require": ["skip_connect"]}]),
        ("inputs", [{"name": "normal.3.op?", "forbid": ["conv_1x1"]}, {"name": "*.2.op?", "require": ["conv_1x1"]}]),
    ],
    ids=["edges", "inputs"],
)
def test_what_guidance_forbids_is_neither_computed_nor_derived(
    settings: Gradient, name: str, entries: list[dict[str, Any]], examples: Examples
) -> None:
    guidance = Guidance.model_validate({"decisions": entries})
    made = begun(settings, examples, space(name), guidance)
    part = guided(get_space(made.space), guidance).space
    computed: set[tuple[str, int, str]] = set()
    for module in made.state.network.modules():
        for option, operation in module.items() if isinstance(module, Mixed) else ():
            where = module.cell, module.edge, option
            if operation is not module.beside:
                operation.register_forward_hook(lambda *_, where=where: computed.add(where))
    _, derived = search(made, Progress(), Hooks())
    part.validate(derived.architecture)
    assert not part.outside(derived.architecture)
    masks = masks_of(part, made.rule.choosing.mixed.cells)
    for cell in made.rule.choosing.mixed.cells:
        left = {(edge, cell.options[option]) for edge, option in masks[cell.name].nonzero().tolist()}
        assert {(edge, option) for of, edge, option in computed if of == cell.name} <= left


def test_a_mask_that_cannot_be_mixed_is_refused(examples: Examples) -> None:
    one = Guidance.model_validate({"decisions": [{"name": "normal.3.op0", "forbid": ["conv_1x1"]}]})
    with pytest.raises(CandidateRejected, match="guide them together"):
        begun(Darts(), examples, space("inputs"), one)


def test_where_one_option_is_computed_nothing_is_found_to_be_worse_than_a_convolution(examples: Examples) -> None:
    """In a mixture it would not be: the next normalisation takes back what ``none`` takes from the sum."""
    cell = {"kind": "edges", "nodes": 2, "operations": ["none", "conv_3x3"]}
    spec = SearchSpaceSpec.model_validate({"cell": cell, "width": 4, "depth": 1})
    made = begun(Gdas(epochs=8, learning_rate="0.05", weight_decay="0"), examples, spec)

    _, derived = search(made, Progress(), Hooks())

    ((none, convolution),) = made.rule.strengths()["cell"]
    assert convolution > 1.5 * none
    assert derived.architecture == {"0-1": "conv_3x3"}


def test_runs_with_other_seeds_differ(examples: Examples) -> None:
    one, other = (prepare(space(), Darts(), examples, Recipe(EVALUATION, seed), CPU) for seed in (1, 2))

    assert not torch.equal(*(made.rule.state()["alpha.cell"] for made in (one, other)))
    assert not torch.equal(*(made.examples.train.in_order() for made in (one, other)))


def test_weights_and_architecture_learn_from_different_training_examples(examples: Examples) -> None:
    made = begun(Darts(), examples)

    weights, architecture = (
        set(split.in_order().tolist()) for split in (made.examples.train, made.rule.loss.examples.split)
    )
    assert not weights & architecture and weights | architecture == set(range(len(examples.train)))
    assert made.examples.val is examples.val


def test_only_the_weights_learn_at_first_where_the_paper_says_so(examples: Examples) -> None:
    made = begun(PcDarts(epochs=4, partial_channels=2), examples)
    first = made.rule.state()["alpha.cell"].clone()
    seen: list[bool] = []

    search(made, Progress(), Hooks(save=lambda _: seen.append(torch.equal(first, made.rule.state()["alpha.cell"]))))

    assert seen == [True, False, False, False]


def test_a_space_that_has_no_cells_is_refused(examples: Examples) -> None:
    with pytest.raises(CandidateRejected, match="mobilenet does not have"):
        begun(Darts(), examples, SearchSpaceSpec(name="mobilenet"))


def test_channels_that_cannot_be_parted_are_refused(examples: Examples) -> None:
    with pytest.raises(CandidateRejected, match="3 does not divide the 4 channels"):
        begun(PcDarts(partial_channels=3), examples)


def test_the_settings_are_those_of_a_strategy_by_gradients() -> None:
    assert settings_of(StrategySpec(dr_nas=DrNas(runs=2))) == DrNas(runs=2)
    assert settings_of(StrategySpec()) is None


def test_a_moving_average_and_the_compiler_are_left_out(examples: Examples) -> None:
    evaluation = EVALUATION.model_copy(update={"average_decay": "0.9", "compile": True, "patience": 1})
    made = prepare(space(), Darts(epochs=7), examples, Recipe(evaluation, 1, last_epoch=2), CPU)

    assert made.state.ema is None
    assert (made.recipe.evaluation.compile, made.recipe.evaluation.patience, made.recipe.stop_at) == (False, None, 7)
