"""A step of shared weights: the base of the ways to train them (`nas_trial.supernet.methods`).

The training loop (`nas_trial.training.engine`) sees one network, the shared weights; a method chooses before each step
which networks of the space they are.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from torch import nn

from nas_core.api.trial import Derived
from nas_core.spaces import Architecture, SearchSpace
from nas_model.errors import CandidateRejected
from nas_trial.data.examples import Examples, Split
from nas_trial.supernet.recalibration import Recalibration
from nas_trial.supernet.shared_weights import SharedWeights
from nas_trial.training.distributed import Group
from nas_trial.training.step_rule import StepRule

TRIES = 64
"""Draws of which one has its weights, or none has."""
PROBES = 2
"""Networks by which an epoch is judged: always the same ones, so that epochs can be compared."""


@dataclass(frozen=True)
class Setting:
    """What the methods are made for."""

    weights: SharedWeights
    space: SearchSpace
    """Of the networks that are trained: the weights' space, or a part of it."""
    examples: Examples
    """Training examples of the weights; those that judge are the search's."""
    held_back: Split
    """Training examples that weights do not learn from, for methods that learn something else from them."""
    steps: int
    """Of an epoch."""
    epochs: int
    recalibrate: Recalibration
    seed: int
    """Of what is drawn before the first step."""
    group: Group | None = None
    """Processes that train in step; all choose the same networks."""


class Sharing(StepRule):
    """A way to train shared weights; it says which networks a step trains, and how."""

    held_back: ClassVar[float] = 0.0
    """Share of the training examples that weights do not learn from, because the method needs them."""

    def __init__(self, setting: Setting) -> None:
        self.setting, self.weights = setting, setting.weights
        rng = np.random.default_rng(setting.seed)
        self._probes = [self.draw(rng) for _ in range(PROBES)]

    @property
    def space(self) -> SearchSpace:
        """The space of the networks, or the part of it that is trained."""
        return self.setting.space

    def draw(self, rng: np.random.Generator) -> Architecture:
        """Draw a network uniformly, and let the shared weights be it.

        Raises:
            CandidateRejected: if there are hardly any networks whose weights are there.
        """
        for _ in range(TRIES):
            path = self.space.sample(rng)
            with suppress(CandidateRejected):
                self.weights.choose(path)
                return path
        self.weights.choose(path)  # tells what is wrong
        return path

    def follow(self, path: Architecture, rng: np.random.Generator) -> None:
        """Let the shared weights be a network, or another one if it is a rare one whose weights are not there."""
        try:
            self.weights.choose(path)
        except CandidateRejected:
            self.draw(rng)

    def least_examples(self, network: nn.Module) -> int:
        """Return 2: nearly every space has networks with batch normalisation."""
        return 2

    def judge(self, metrics: Callable[[nn.Module], dict[str, float]], network: nn.Module) -> dict[str, float]:
        """Return the means over some networks of the space, each with statistics of its own."""
        assert isinstance(network, SharedWeights)
        found = [metrics(self.judged(network, probe)) for probe in self._probes]
        return {name: float(np.mean([each[name] for each in found if name in each])) for name in found[0]}

    def judged(self, weights: SharedWeights, architecture: Architecture) -> nn.Module:
        """Return a network of the space as it is judged."""
        network = weights.extract(architecture)
        self.setting.recalibrate(network)
        return network

    def derived(self) -> list[Derived]:
        """Return architectures that the training itself has chosen, best first; most methods choose none."""
        return []
