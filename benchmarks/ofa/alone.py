"""The same network with shared weights and trained alone, judged by the test images.

It works on the folder that `nasctl run` leaves: data, recipe and weights are those of the supernet's own trial.
"""

from __future__ import annotations

import json
import time
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from nas_client.folder import folder_state
from nas_client.search_state import SearchState
from nas_core.api.strategy import Objective
from nas_core.contract import TrialInput
from nas_core.spaces import get_space
from nas_core.states import Work
from nas_local.home import Home
from nas_model.networks.build import build_network
from nas_trial.data.examples import Examples, Split
from nas_trial.data.load import Opener, find_data
from nas_trial.process.stop import StopFlag
from nas_trial.storage import open_bucket
from nas_trial.supernet.recalibration import Recalibration
from nas_trial.supernet.shared_weights import SharedWeights
from nas_trial.training.checkpoint import Checkpoints
from nas_trial.training.defaults import with_defaults
from nas_trial.training.engine import Engine
from nas_trial.training.hooks import Hooks
from nas_trial.training.progress import Progress
from nas_trial.training.recipe import Recipe
from nas_trial.training.schedule import make_optimizer
from nas_trial.training.train_state import TrainState
from nas_trial.work.supernet import TRAINED

CPU = torch.device("cpu")
JUDGED_AT_ONCE = 500
Right = NDArray[np.bool_]
"""Which of the test images (N) a network is right about."""


@dataclass(frozen=True)
class Finished:
    """A search with shared weights that has ended, in its folder."""

    folder: Path

    @cached_property
    def state(self) -> SearchState:
        """The search and its trials."""
        return folder_state(self.folder)

    @cached_property
    def trial(self) -> TrialInput:
        """What the supernet's trial was given."""
        [name] = [trial.meta.name for trial in self.state.trials if trial.spec.work == Work.SUPERNET]
        given = max(Home(self.folder).attempts.glob(f"{name}-a*/input.json"))
        return TrialInput.model_validate(json.loads(given.read_text()))

    @cached_property
    def examples(self) -> Examples:
        """The examples that the supernet learned from, and the test split."""
        trial = self.trial
        data = find_data(trial.task, trial.storage, trial.data_seed, StopFlag(), trial.prepared)
        return Opener(data.for_others(test=True), trial.task, CPU, StopFlag()).examples()

    @property
    def test(self) -> Split:
        """The test images, which no part of the search has seen."""
        assert self.examples.test is not None
        return self.examples.test

    @cached_property
    def weights(self) -> SharedWeights:
        """The shared weights."""
        trial, address = self.trial, self.state.status.supernet
        assert address is not None and trial.storage is not None
        store = open_bucket(trial.storage, StopFlag())
        stored = Checkpoints(store, "", trial.storage.bucket, 1, TRAINED).weights(address.address)
        return SharedWeights.stored(trial.space, self.examples.signature, stored)

    def shared(self, text: str) -> Right:
        """Judge a network with its part of the shared weights, as the search does."""
        settings = self.trial.evaluation.supernet
        assert settings is not None
        network = self.weights.extract(get_space(self.trial.space).parse(text))
        size = self.trial.evaluation.batch_size
        Recalibration(self.examples, settings.recalibration, size, CPU, torch.float32)(network)
        return self.right(network)

    def alone(self, text: str, seed: int, epochs: int) -> tuple[Right, float]:
        """Train a network from scratch on the supernet's images with its recipe; return what it is right about.

        And the seconds that its training took.
        """
        trial = self.trial
        evaluation = with_defaults(trial.evaluation.model_copy(update={"epochs": epochs}), trial.task.type)
        recipe = Recipe(evaluation, seed, [Objective(metric="val_accuracy")])
        torch.manual_seed(seed)
        network = build_network(trial.space, get_space(trial.space).parse(text), self.examples.signature)
        network = network.to(memory_format=torch.channels_last)
        began = time.monotonic()
        state = TrainState(network, make_optimizer(network, evaluation))
        Engine(state, self.examples, recipe, CPU, Hooks()).train(Progress())
        return self.right(network), time.monotonic() - began

    @torch.no_grad()
    def right(self, network: nn.Module) -> Right:
        """Return which test images a network is right about."""
        network.eval()
        split, found = self.test, []
        with closing(split.batches(torch.split(split.in_order(), JUDGED_AT_ONCE))) as batches:
            for batch in batches:
                found.append(network(self.examples.inputs(batch)).argmax(1) == batch.targets)
        return np.asarray(torch.cat(found).numpy(), dtype=np.bool_)
