"""The way in: a search by gradients from its settings and examples, and the architecture that it derives.

In between `nas_trial.training.engine` trains what :func:`prepare` returns, as it trains everything.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch

from nas_core.api.gradient import GRADIENTS, Gradient
from nas_core.api.guidance import Guidance
from nas_core.api.space import SearchSpaceSpec
from nas_core.api.strategy import StrategySpec
from nas_core.api.trial import Derived
from nas_core.spaces import get_space
from nas_model.networks.head import head_in_float32
from nas_trial.data.examples import Examples
from nas_trial.process.device import pick_dtype
from nas_trial.supernet.gradient.architecture_examples import ArchitectureExamples
from nas_trial.supernet.gradient.architecture_loss import ArchitectureLoss
from nas_trial.supernet.gradient.choosing import Choosing
from nas_trial.supernet.gradient.derive import derive
from nas_trial.supernet.gradient.masks import masks_of
from nas_trial.supernet.gradient.methods import METHODS
from nas_trial.supernet.gradient.mixed_network import build_mixed
from nas_trial.supernet.gradient.parameters import Parameters
from nas_trial.supernet.gradient.step import GradientStep
from nas_trial.supernet.halves import halves
from nas_trial.supernet.mask import part_of
from nas_trial.supernet.momenta import start_momenta
from nas_trial.training.augment import make_augmentation
from nas_trial.training.distributed import Group
from nas_trial.training.engine import draw_seed
from nas_trial.training.lessons import Lessons
from nas_trial.training.pace import step_ends
from nas_trial.training.recipe import Recipe
from nas_trial.training.schedule import make_optimizer
from nas_trial.training.train_state import TrainState

FIRST_WEIGHTS, FIRST_ARCHITECTURE, HALVES = range(3)
"""What is drawn before the first step; each has a seed of its own."""


def settings_of(strategy: StrategySpec) -> Gradient | None:
    """Return the settings of a strategy that searches by gradients, None of another one."""
    found: list[Gradient] = [getattr(strategy, name) for name in GRADIENTS if getattr(strategy, name) is not None]
    return found[0] if found else None


@dataclass(frozen=True)
class GradientSearch:
    """What is trained, and how."""

    space: SearchSpaceSpec
    settings: Gradient
    state: TrainState
    """The mixed network, with the rule of its steps."""
    rule: GradientStep
    examples: Examples
    """The weights' half of the training examples; validation examples are the search's."""
    recipe: Recipe

    def derived(self, metrics: dict[str, float]) -> Derived:
        """Return the architecture that the search has come to, with what ``metrics`` say of the search."""
        architecture = derive(get_space(self.space), self.rule.strengths(), self.settings.skip_limit)
        kept = {name: value for name, value in metrics.items() if name.startswith("arch_")}
        return Derived(architecture=architecture, metrics=kept)


def prepare(
    space: SearchSpaceSpec,
    settings: Gradient,
    examples: Examples,
    recipe: Recipe,
    device: torch.device,
    group: Group | None = None,
    guidance: Guidance | None = None,
) -> GradientSearch:
    """Return a search that has not begun; everything that it draws, the recipe's seed decides.

    The recipe is that of the search's evaluation; what is no use to a mixed network is left out of it: a moving
    average, dropout, PyTorch's compiler. What ``guidance`` forbids is no part of the mixture.

    Raises:
        CandidateRejected: if the space is not one of cells, or does not suit the data or the settings.
    """
    changes = {"epochs": settings.epochs, "average_decay": "0", "compile": False, "patience": None}
    recipe = replace(recipe, evaluation=recipe.evaluation.model_copy(update=changes), last_epoch=None)
    evaluation, seed = recipe.evaluation, recipe.seed
    torch.manual_seed(draw_seed(seed, FIRST_WEIGHTS))
    mixed = build_mixed(
        space, examples.signature, partial=settings.partial_channels or 1, auxiliary=settings.auxiliary_skip
    )
    head_in_float32(mixed.network, examples.signature.outputs)
    mixed.network.to(device).to(memory_format=torch.channels_last)
    method = METHODS[type(settings)]()
    parameters = Parameters(
        mixed.cells,
        float(settings.learning_rate),
        float(settings.weight_decay),
        draw_seed(seed, FIRST_ARCHITECTURE),
        edge_weights=method.edge_weights,
    )
    for_weights, for_architecture = halves(examples.train, draw_seed(seed, HALVES))
    steps = len(step_ends(len(for_weights), min(evaluation.batch_size, len(for_weights))))
    dtype = pick_dtype(evaluation.precision, device)
    lessons = Lessons(
        examples,
        make_augmentation(evaluation, examples.signature, bool(examples.classes)),
        float(evaluation.label_smoothing),
        device,
        # The architecture's gradients are not scaled, so they need numbers as small as float32 has.
        torch.float32 if dtype == torch.float16 else dtype,
    )
    loss = ArchitectureLoss(
        mixed.network,
        lessons,
        ArchitectureExamples(for_architecture, seed, steps, group),
        group,
        evaluation.accumulation,
    )
    optimizer = make_optimizer(mixed.network, evaluation)
    start_momenta(optimizer)
    masks = masks_of(part_of(space, guidance), mixed.cells) if guidance else {}
    rule = GradientStep(Choosing(mixed, method, parameters, device, masks), settings, loss, optimizer)
    state = TrainState(mixed.network, optimizer, rule=rule)
    return GradientSearch(space, settings, state, rule, replace(examples, train=for_weights), recipe)
