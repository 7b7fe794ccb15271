"""What a model says of examples."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nas_model.preprocessing.forms import ClassesForm, NumbersForm


@dataclass(frozen=True)
class Predictions:
    """Of N examples, in the order in which they were given."""

    outputs: NDArray[np.float32]
    """What the network gave (N, outputs)."""
    target: ClassesForm | NumbersForm
    """What the outputs stand for."""

    def __len__(self) -> int:
        return len(self.outputs)

    @cached_property
    def probabilities(self) -> NDArray[np.float64]:
        """Of each class (N, classes): they add up to 1, but where an example may have several labels.

        Raises:
            AttributeError: of a regression, which has none.
        """
        target = self._classes("probabilities")
        logits = self.outputs.astype(np.float64)
        if target.kind == "labels":
            return np.asarray(np.exp(-np.logaddexp(0, -logits)))
        shifted = np.exp(logits - logits.max(1, keepdims=True))
        return np.asarray(shifted / shifted.sum(1, keepdims=True))

    @cached_property
    def labels(self) -> list[Any]:
        """The name of each example's class; where it may have several labels, a list of them for each.

        Raises:
            AttributeError: of a regression, which has none.
        """
        names = self._classes("labels")
        if names.kind == "labels":
            return [[names.names[k] for k in np.flatnonzero(row > 0)] for row in self.outputs]
        return [names.names[k] for k in self.outputs.argmax(1)]

    @cached_property
    def numbers(self) -> NDArray[np.float64]:
        """What a regression predicts, in the target's own unit: (N), or (N, outputs) of several targets.

        Raises:
            AttributeError: of a classification, which has none.
        """
        if not isinstance(self.target, NumbersForm):
            raise AttributeError("numbers are of a regression; this model has labels and probabilities")
        values = self.outputs.astype(np.float64) * self.target.deviation + self.target.mean
        return np.asarray(values[:, 0] if values.shape[1] == 1 else values)

    def columns(self) -> dict[str, list[Any]]:
        """Return all as columns of a table, by name: ``label`` and the probability of each class, or the numbers."""
        if isinstance(self.target, ClassesForm):
            rows = zip(self.target.names, self.probabilities.T, strict=True)
            label = [", ".join(one) if isinstance(one, list) else one for one in self.labels]
            return {"label": label, **{f"probability_{name}": column.tolist() for name, column in rows}}
        values = self.numbers.reshape(len(self), -1)
        names = self.target.columns or tuple(f"target_{k}" for k in range(values.shape[1]))
        if len(names) == 1:
            names = ("prediction",)
        return {name: column.tolist() for name, column in zip(names, values.T, strict=True)}

    def _classes(self, what: str) -> ClassesForm:
        if not isinstance(self.target, ClassesForm):
            raise AttributeError(f"{what} are of a classification; this model has numbers")
        return self.target
