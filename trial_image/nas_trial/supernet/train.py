"""Training of shared weights, from the search's settings to what the training loop takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch

from nas_core.api.guidance import Guidance
from nas_core.api.space import SearchSpaceSpec
from nas_core.api.supernet import Supernet
from nas_trial.data.examples import Examples, Split
from nas_trial.process.device import pick_dtype
from nas_trial.supernet.halves import apart
from nas_trial.supernet.mask import part_of
from nas_trial.supernet.methods import METHODS
from nas_trial.supernet.momenta import start_momenta
from nas_trial.supernet.recalibration import Recalibration
from nas_trial.supernet.shared_weights import SharedWeights
from nas_trial.supernet.sharing import Setting, Sharing
from nas_trial.training.distributed import Group
from nas_trial.training.ema import Ema
from nas_trial.training.engine import draw_seed
from nas_trial.training.pace import step_ends
from nas_trial.training.recipe import Recipe
from nas_trial.training.schedule import make_optimizer
from nas_trial.training.train_state import TrainState

HELD_BACK = 1
"""Seeds the draw of the examples that are held back apart from all else."""


@dataclass(frozen=True)
class SupernetTraining:
    """What is trained, and how."""

    state: TrainState
    rule: Sharing
    examples: Examples
    recipe: Recipe


def prepare(
    spec: SearchSpaceSpec,
    settings: Supernet,
    examples: Examples,
    recipe: Recipe,
    device: torch.device,
    beat: Callable[[], None] = lambda: None,
    group: Group | None = None,
    guidance: Guidance | None = None,
) -> SupernetTraining:
    """Return the training of a space's shared weights that has not begun; all that it draws, the recipe's seed decides.

    The recipe is that of the search's evaluation; what is of no use to changing networks is left out of it: dropout,
    PyTorch's compiler, and patience. Under ``guidance`` only networks that keep it are trained.

    Raises:
        CandidateRejected: if the space does not suit the data.
    """
    changes = {"epochs": settings.epochs, "compile": False, "patience": None, "report": "last", "dropout": "0"}
    recipe = replace(recipe, evaluation=recipe.evaluation.model_copy(update=changes), last_epoch=None)
    evaluation = recipe.evaluation
    torch.manual_seed(recipe.seed)
    weights = SharedWeights.drawn(spec, examples.signature).to(device)
    weights.to(memory_format=torch.channels_last)  # as ordinary networks are trained; it is much faster
    method = METHODS[settings.training]
    learned, held_back = divided(examples.train, method.held_back, draw_seed(recipe.seed, HELD_BACK))
    examples = replace(examples, train=learned)
    size = min(evaluation.batch_size, len(learned))
    recalibrate = Recalibration(
        examples, settings.recalibration, size, device, pick_dtype(evaluation.precision, device), beat
    )
    setting = Setting(
        weights=weights,
        space=part_of(spec, guidance),
        examples=examples,
        held_back=held_back,
        steps=len(step_ends(len(learned), size)),
        epochs=settings.epochs,
        recalibrate=recalibrate,
        seed=recipe.seed,
        group=group,
    )
    rule = method(setting)
    optimizer = make_optimizer(weights, evaluation, weights.decayed)
    start_momenta(optimizer)
    decay = float(evaluation.average_decay)
    state = TrainState(weights, optimizer, Ema(weights, decay) if decay else None, rule)
    return SupernetTraining(state, rule, examples, recipe)


def divided(split: Split, share: float, seed: int) -> tuple[Split, Split]:
    """Return a split without a share of its examples, drawn at random, and these; all and all with a share of 0."""
    if not share:
        return split, split
    back, kept = apart(split, max(1, round(share * len(split))), seed)
    return kept, back
