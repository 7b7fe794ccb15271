"""Examples as they were read, whatever the form of the files: between the readers of the formats and `load`.

A reader makes one :class:`RawData` of the examples that a search may see; what comes as a test split of its own is
behind :attr:`RawData.test` and is read only when it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Index = NDArray[np.int64]


@dataclass(frozen=True)
class RawData:
    """N examples."""

    inputs: Mapping[str, NDArray[Any]]
    """By the names of `nas_trial.data_signature`: image (N, C, H, W) uint8 or float32; audio (N, T) float32; series
    (N, C, T) float32, NaN where there is no value; numeric (N, F) float64, NaN where missing; categorical (N, K)
    objects, text or None; text (N) objects, text."""
    targets: NDArray[Any]
    """Labels of any kind, or numbers: (N)."""
    where: str
    """Where they come from, for messages."""
    row: Callable[[int], str] = "row {}".format
    """Names an example, for messages; arrays count from 0."""
    columns: Mapping[str, tuple[str, ...]] | None = None
    """Names of the columns of ``numeric`` and ``categorical``; None: they are counted from 0."""
    given: NDArray[np.str_] | None = None
    """train, val or test of each example, where the data says so."""
    test: Callable[[], RawData] | None = None
    """Reads the test split that lies apart; None: there is none."""
    warnings: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.targets)

    def column(self, kind: str, number: int) -> str:
        """Name a column of ``numeric`` or ``categorical``, for messages."""
        return f"column {self.columns[kind][number]!r}" if self.columns else f"column {number}"

    def take(self, rows: Index) -> RawData:
        """Return some of the examples."""
        name = self.row
        return replace(
            self,
            inputs={key: values[rows] for key, values in self.inputs.items()},
            targets=self.targets[rows],
            # Messages name the row in the file, not its place among those that were taken.
            row=lambda i: name(int(rows[i])),
            given=None if self.given is None else self.given[rows],
        )


def table(numeric: NDArray[np.float64]) -> dict[str, NDArray[Any]]:
    """Return the inputs of a table of numbers alone: (N, F)."""
    # (N, 0), so that nobody has to ask whether there is a categorical column.
    return {"numeric": numeric, "categorical": np.zeros((len(numeric), 0), object)}


def join(parts: Mapping[str, RawData]) -> RawData:
    """Join the splits that lie apart, in this order: keys are train and val; the first one's ``test`` is kept."""
    if len(parts) == 1:
        return next(iter(parts.values()))
    first, *_ = parts.values()
    starts = np.cumsum([0, *(len(part) for part in parts.values())])

    def row(i: int) -> str:
        # side="right": the row at which a part starts belongs to that part.
        number = int(np.searchsorted(starts, i, side="right")) - 1
        name = list(parts)[number]
        return f"{parts[name].row(i - int(starts[number]))} of {name}"

    return replace(
        first,
        inputs={key: np.concatenate([part.inputs[key] for part in parts.values()]) for key in first.inputs},
        targets=np.concatenate([part.targets for part in parts.values()]),
        row=row,
        given=np.concatenate([np.full(len(part), name) for name, part in parts.items()]),
    )
