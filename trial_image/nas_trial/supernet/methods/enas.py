"""A controller that learns which networks are good while their weights are trained.

By turns: the weights learn along a path that the controller draws, then the controller learns from the reward of
another path on examples that weights do not learn from. It is a distribution for each decision, trained by REINFORCE
with a moving mean as the baseline and a bonus for entropy. Reference: Pham et al., "Efficient Neural Architecture
Search via Parameter Sharing", ICML 2018, arXiv:1802.03268; its controller is a recurrent network, whose decisions know
those before them; distributions of their own do as well on cells (the same update as `strategy.reinforce`).
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing

import numpy as np
import torch
from torch import Tensor

from nas_core.api.trial import Derived
from nas_core.spaces.decisions import Decision
from nas_trial.supernet.paths import values_of
from nas_trial.supernet.sharing import Setting, Sharing

RATE, DECAY, ENTROPY = 0.05, 0.95, 0.01
"""Learning rate of Adam, decay of the baseline, weight of the entropy's bonus."""
WARM_UP = 0.2
"""Share of the steps in which the controller does not learn yet: rewards of untrained weights say nothing."""
DRAWN, KEPT = 64, 16
"""Networks drawn from the trained controller, and those of them that are derived."""


class Enas(Sharing):
    """Trains one network a step, and the controller by the reward of one more."""

    held_back = 0.2

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self._values = {decision.name: values_of(decision) for decision in self.space.open}
        self._logits = {name: torch.zeros(len(values), requires_grad=True) for name, values in self._values.items()}
        self._adam = torch.optim.Adam(self._logits.values(), lr=RATE)
        self._baseline = torch.zeros(2, dtype=torch.float64)  # the mean of rewards, and their number
        self._step(torch.zeros(()), learn=False)

    def begin(self, seed: int, step: int, rate: float) -> None:
        """Let the controller learn, and draw the network that the weights learn along."""
        rng = np.random.default_rng(seed)
        if step >= WARM_UP * self.setting.steps * self.setting.epochs:
            self._learn(rng)
        path, _ = self._draw(rng)
        self.follow(path, rng)

    def shown(self) -> Mapping[str, float]:
        """Return the mean entropy of the decisions' distributions, in nats."""
        with torch.no_grad():
            return {"arch_entropy": float(torch.stack([entropy(logits) for logits in self._logits.values()]).mean())}

    def state(self) -> Mapping[str, Tensor]:
        """Return the controller, its optimiser's state and its baseline."""
        found = {f"logits.{name}": logits.detach() for name, logits in self._logits.items()}
        for name, logits in self._logits.items():
            found |= {f"adam.{name}.{key}": torch.as_tensor(value) for key, value in self._adam.state[logits].items()}
        return found | {"baseline": self._baseline}

    def load(self, tensors: Mapping[str, Tensor]) -> None:
        """Put back what :meth:`state` returned."""
        for name, logits in self._logits.items():
            logits.data.copy_(tensors[f"logits.{name}"])
            for key in self._adam.state[logits]:
                self._adam.state[logits][key].copy_(tensors[f"adam.{name}.{key}"])
        self._baseline = tensors["baseline"].clone()

    def derived(self) -> list[Derived]:
        """Return the best of some networks that the controller draws, by their rewards."""
        found: dict[str, tuple[float, dict[str, str]]] = {}
        rng = np.random.default_rng([self.setting.seed, DRAWN])
        for _ in range(DRAWN):
            path, _ = self._draw(rng)
            identity = self.space.canonical_id(path)
            if identity not in found:
                found[identity] = self._reward(path, rng), path
        best = sorted(found.values(), key=lambda each: -each[0])[:KEPT]
        return [Derived(architecture=path, metrics={"reward": reward}) for reward, path in best]

    def _draw(self, rng: np.random.Generator) -> tuple[dict[str, str], Tensor]:
        """Draw a path; return it and the logarithm of its probability, a scalar with gradients."""
        for _ in range(64):
            logs: list[Tensor] = []

            def choose(decision: Decision, logs: list[Tensor] = logs) -> str:
                probabilities = self._logits[decision.name].log_softmax(0)
                weights = probabilities.detach().double().exp().numpy()
                number = int(rng.choice(len(weights), p=weights / weights.sum()))
                logs.append(probabilities[number])
                return self._values[decision.name][number]

            path = self.space.complete(choose)
            if self.space.fault(path) is None:
                return path, torch.stack(logs).sum()
        return self.space.sample(rng), torch.zeros((), requires_grad=True)

    def _learn(self, rng: np.random.Generator) -> None:
        path, log_probability = self._draw(rng)
        reward = self._reward(path, rng)
        mean, count = self._baseline.tolist()
        advantage = reward - mean if count else 0.0
        mean = DECAY * mean + (1 - DECAY) * reward if count else reward
        self._baseline = torch.tensor([mean, count + 1], dtype=torch.float64)
        bonus = torch.stack([entropy(logits) for logits in self._logits.values()]).sum()
        self._step(-advantage * log_probability - ENTROPY * bonus)

    def _step(self, loss: Tensor, *, learn: bool = True) -> None:
        """Let Adam take a step; once without learning, so that its state is there from the beginning."""
        for logits in self._logits.values():
            logits.grad = torch.zeros_like(logits)
        if learn:
            loss.backward()  # type: ignore[no-untyped-call]
        self._adam.step()

    @torch.no_grad()
    def _reward(self, path: Mapping[str, str], rng: np.random.Generator) -> float:
        """Return the share of some examples that a network gets right; normalised by these examples themselves."""
        self.follow(path, rng)
        network = self.weights.chosen
        rows = self.setting.held_back.in_order()
        size = min(self.setting.recalibrate.batch_size, len(rows))
        chosen = rows[torch.from_numpy(rng.permutation(len(rows))[:size]).to(rows.device)]
        examples = self.setting.examples
        with closing(self.setting.held_back.batches([chosen])) as batches:
            batch = next(batches)
        outputs = network(examples.inputs(batch))
        reward = float(examples.task.correct(outputs, batch.targets)) / len(batch)
        # All processes have to come to the same controller, to the last digit.
        group = self.setting.group
        return group.sum({"reward": reward})["reward"] / group.size if group else reward


def entropy(logits: Tensor) -> Tensor:
    """Return the entropy of a distribution in nats, a scalar."""
    logs = logits.log_softmax(0)
    return -(logs.exp() * logs).sum()
