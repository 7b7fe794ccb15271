"""One step of a search by gradients: first the architecture learns from its half of the examples, then the weights.

The rule of the training loop (`nas_trial.training.step_rule`) for mixed networks. The architecture's gradient is that
of the loss at the present weights, or DARTS's second-order one; its optimiser is Adam, its state part of checkpoints.
All that is drawn derives from the seed of the step, which all processes of a group share, so they compute the same
options; the architecture's gradients are those of all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from nas_core.api.gradient import Darts, Gradient
from nas_trial.supernet.gradient import measures
from nas_trial.supernet.gradient.architecture_loss import ArchitectureLoss, gradients
from nas_trial.supernet.gradient.auxiliary_skip import auxiliary_weight
from nas_trial.supernet.gradient.choosing import Choosing
from nas_trial.supernet.gradient.eigenvalue_stop import Sharpness, dominant_eigenvalue
from nas_trial.supernet.gradient.masks import masked
from nas_trial.supernet.gradient.method import edge_scales
from nas_trial.supernet.gradient.perturbation import Shifts, adversarial_shifts, random_shifts, reach
from nas_trial.supernet.gradient.second_order import second_order, weight_step
from nas_trial.supernet.gradient.statistics import normalisations, still
from nas_trial.training.engine import draw_seed
from nas_trial.training.step_rule import Lesson, StepRule

ARCHITECTURE, WEIGHTS, SHIFT, AUGMENTATION, EIGENVALUE = range(5)
"""What is drawn in a step; each has a seed of its own."""


@dataclass
class GradientStep(StepRule):
    """Trains a mixed network and its architecture's parameters by turns."""

    choosing: Choosing
    settings: Gradient
    loss: ArchitectureLoss
    """On the architecture's examples."""
    optimizer: torch.optim.Optimizer
    """Of the weights, whose step the second-order gradient looks ahead."""
    _step: int = field(default=0, init=False)
    _seed: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._mixed, self._method = self.choosing.mixed, self.choosing.method
        self._parameters, self._network = self.choosing.parameters, self.choosing.mixed.network
        self._layers = normalisations(self._network)
        self._first_epoch = int(self._method.warm_up * self.settings.epochs)
        self._stepped = self._chosen = False
        self._before = torch.zeros(sum(parameter.numel() for parameter in self._parameters.all))
        # The sum of the conflicts of this epoch's steps, and their number.
        self._conflicts = torch.zeros(2, dtype=torch.float64)
        self._sharpness = (
            Sharpness(self._parameters.named, self.settings.epochs) if self.settings.eigenvalue_stop else None
        )
        self.choosing.judged()

    def begin(self, seed: int, step: int, rate: float) -> None:
        """Prepare a step."""
        self._seed, self._step = seed, step
        self._stepped = self._chosen = False

    def learn(self, lesson: Lesson) -> tuple[Tensor, Tensor]:
        """Take the architecture's step, once in each, then compute the gradients of the weights."""
        if self.settings.auxiliary_skip:
            self._mixed.choices.auxiliary = auxiliary_weight(self.epoch, self.settings.epochs)
        if not self._stepped:
            if self.epoch >= self._first_epoch:
                self._learn_architecture(lesson)
            self._stepped = True
        if not self._chosen:
            shifts = self._shifts(lesson)
            self.choosing.draw(self._drawn(WEIGHTS), self._share, learning=False, shifts=shifts)
            self._chosen = True
        return super().learn(lesson)

    def judge(self, metrics: Callable[[nn.Module], dict[str, float]], network: nn.Module) -> dict[str, float]:
        """Return what is told of an epoch, and note how sharp the loss is."""
        self.choosing.judged()
        found = metrics(network)
        if self._sharpness:
            found["arch_eigenvalue"] = self._eigenvalue()
            self._sharpness.note(self.epoch + 1, found["arch_eigenvalue"])
        found |= self._measured()
        self._conflicts.zero_()
        return found

    def finished(self) -> bool:
        """Whether the loss has become so sharp that the search is over."""
        return self._sharpness is not None and self._sharpness.rolled_back is not None

    def shown(self) -> dict[str, float]:
        """Return the metrics that `nas_trial.supernet.gradient.measures` names."""
        # Probabilities are for who watches; a result would be too long with them.
        return {**self._measured(), **measures.probabilities(self._mixed.cells, self.choosing.means())}

    def _measured(self) -> dict[str, float]:
        found = {"arch_entropy": measures.entropy(self.choosing.means())}
        total, count = self._conflicts.tolist()
        return {**found, "arch_gradient_conflict": total / count} if count else found

    def state(self) -> dict[str, Tensor]:
        """Return the architecture's parameters, their optimiser's state, and what is known of steps and epochs."""
        found = {**self._parameters.state(), "gradient": self._before, "conflicts": self._conflicts}
        return found | self._sharpness.state() if self._sharpness else found

    def load(self, tensors: Mapping[str, Tensor]) -> None:
        """Put back what :meth:`state` returned."""
        self._parameters.load(tensors)
        self._before, self._conflicts = tensors["gradient"].clone(), tensors["conflicts"].clone()
        if self._sharpness:
            self._sharpness.load(tensors)

    def strengths(self) -> dict[str, list[list[float]]]:
        """Return how strong each option of each edge is, by kinds of cells; after a rollback, as it was before."""
        values = (self._sharpness.rolled_back if self._sharpness else None) or self._parameters.named
        found = {}
        for cell in self._mixed.cells:
            mean = self.choosing.mean_of(cell.name, values[f"alpha.{cell.name}"].detach())  # (edges, options)
            if self._parameters.betas:
                mean = mean * edge_scales(values[f"beta.{cell.name}"].detach(), cell)[:, None]
            # Below whatever a cure takes back of others.
            found[cell.name] = masked(mean, self.choosing.masks.get(cell.name)).tolist()
        return found

    @property
    def epoch(self) -> int:
        """The number of the epoch under way, from 0."""
        return self._step // self.loss.examples.steps

    @property
    def _share(self) -> float:
        """The share of the search that is over: 1 in the last epoch, whose steps are alike."""
        return self.epoch / max(1, self.settings.epochs - 1)

    def _drawn(self, what: int) -> int:
        return draw_seed(self._seed, what)

    def _choose(self) -> None:
        self.choosing.draw(self._drawn(ARCHITECTURE), self._share, learning=True)

    def _learn_architecture(self, lesson: Lesson) -> None:
        with still(self._layers):
            if isinstance(self.settings, Darts) and self.settings.order == "second":
                found = second_order(
                    lambda of: self._training_gradients(lesson, of),
                    self._gradients,
                    self._parameters.all,
                    weight_step(self.optimizer),
                )
            else:
                found = self._gradients(self._parameters.all)
        flat = torch.cat([gradient.reshape(-1) for gradient in found])  # (all parameters,)
        if self._before.any():
            self._conflicts += torch.tensor([measures.conflict(flat, self._before), 1.0], dtype=torch.float64)
        self._before = flat
        self._parameters.step(found)

    def _gradients(self, of: Sequence[Tensor]) -> list[Tensor]:
        """Return the gradients of the loss on the architecture's examples."""
        return self.loss.gradients(self._step, self._drawn(AUGMENTATION), self._choose, of)

    def _training_gradients(self, lesson: Lesson, of: Sequence[Tensor]) -> list[Tensor]:
        """Return those of the mean loss of the weights' examples, or of a part of them."""
        self._choose()
        return self._mean(gradients(lesson.loss(lesson.run()), of))

    def _shifts(self, lesson: Lesson) -> Shifts | None:
        """Return by how much the architecture is moved while the weights learn."""
        if self.settings.perturbation is None:
            return None
        means, most = self.choosing.means(), reach(self.epoch, self.settings.epochs)
        generator = torch.Generator().manual_seed(self._drawn(SHIFT))
        if self.settings.perturbation == "random":
            return random_shifts(means, most, generator)

        def ascent(mixtures: Mapping[str, Tensor]) -> list[Tensor]:
            moved = {cell: mixture.requires_grad_() for cell, mixture in mixtures.items()}
            self.choosing.mixtures(moved)
            return self._mean(gradients(lesson.loss(lesson.run()), list(moved.values())))

        with still(self._layers):
            return adversarial_shifts(means, most, generator, ascent)

    def _eigenvalue(self) -> float:
        """Return the dominant eigenvalue of the Hessian on the architecture's examples of the epoch's first step."""
        divided = 1
        while (found := self._eigenvalue_of_part(divided)) is None:
            # Not while the error is handled: its traceback holds what fills the memory.
            divided *= 2
            torch.cuda.empty_cache()
        return float(self._mean([torch.tensor(found, dtype=torch.float64)])[0])

    def _eigenvalue_of_part(self, divided: int) -> float | None:
        """Return it for one of so many parts of the examples; None if that needs more memory."""
        first = self.epoch * self.loss.examples.steps
        self._network.train()
        try:
            with still(self._layers):
                self.choosing.mean()
                loss = self.loss.first_part(first, self._drawn(AUGMENTATION), divided)
                generator = torch.Generator().manual_seed(self._drawn(EIGENVALUE))
                # Of parameters of the edges' options alone, as in the paper.
                return dominant_eigenvalue(loss, list(self._parameters.alphas.values()), generator)
        except torch.OutOfMemoryError:
            return None

    def _mean(self, tensors: list[Tensor]) -> list[Tensor]:
        """Return the means of tensors over all processes."""
        self.loss.reduce(tensors)
        size = self.loss.group.size if self.loss.group else 1
        return [tensor / size for tensor in tensors]
