"""Examples as they were read, whatever the form of the files: between the readers of the formats and `load`.

A reader makes one :class:`RawData` of the examples that a search may see; what comes as a test split of its own is
behind :attr:`RawData.test` and is read only when it is asked for. Inputs come in pieces, so that data of any size can
be read; what there is once for each example (targets, splits) is in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nas_model.preprocessing.piece import MISSING, Piece
from nas_trial.errors import DatasetInvalid

Index = NDArray[np.int64]
PIECE_BYTES, PIECE_ROWS = 16 << 20, 4096
"""What a piece has at most, one row apart."""


def piece_rows(row_bytes: int) -> int:
    """Return how many rows of a size make a piece."""
    return max(1, min(PIECE_ROWS, PIECE_BYTES // max(1, row_bytes)))


@dataclass(frozen=True)
class RawData:
    """N examples."""

    read: Callable[[], Iterator[Piece]]
    """Reads the inputs of all of them, from the first on; may be called again."""
    targets: NDArray[Any]
    """Labels of any kind, or numbers: (N), or (N, outputs) where several are learned together. With ``labels`` their
    places in it, -1 where one is missing."""
    where: str
    """Where they come from, for messages."""
    labels: tuple[str, ...] | None = None
    """The different labels; None: the targets are the labels or numbers themselves."""
    categories: tuple[tuple[str, ...], ...] = ()
    """The different categories of each categorical column."""
    row: Callable[[int], str] = "row {}".format
    """Names an example, for messages; arrays count from 0."""
    columns: Mapping[str, tuple[str, ...]] | None = None
    """Names of the columns of ``numeric`` and ``categorical``, of the outputs (``target``), and of those of texts and
    paths of files (``text``, ``image``, ``audio``); None: they are counted from 0."""
    given: NDArray[np.str_] | None = None
    """train, val or test of each example, where the data says so."""
    groups: Index | None = None
    """Equal for examples that belong together (task.dataset.group)."""
    times: NDArray[np.float64] | None = None
    """The time of each (task.dataset.time), in any unit."""
    test: Callable[[], RawData] | None = None
    """Reads the test split that lies apart; None: there is none."""
    warnings: tuple[str, ...] = ()
    form: str = ""
    """What images were brought to, such as 28x28 pixels of 8 bits in grey; for messages."""
    bits: int | None = None
    """Which are filled of images of 16 bits a pixel, if there are such (`nas_model.preprocessing.image_depth`)."""
    lossy: bool = False
    """Whether images come from files that have lost detail already, such as JPEG: then they may be kept as such."""
    tokenizer: str | None = None
    """The tokenizer.json that task.dataset.text.tokenizer names."""

    def __len__(self) -> int:
        return len(self.targets)

    @cached_property
    def inputs(self) -> Piece:
        """The inputs of all examples at once."""
        pieces = list(self.read())
        return {key: np.concatenate([piece[key] for piece in pieces]) for key in pieces[0]}

    def column(self, kind: str, number: int) -> str:
        """Name a column of ``numeric`` or ``categorical``, for messages."""
        return f"column {self.columns[kind][number]!r}" if self.columns else f"column {number}"

    def take(self, rows: Index) -> RawData:
        """Return some of the examples, in memory."""
        name = self.row
        taken = {key: values[rows] for key, values in self.inputs.items()}
        return replace(
            self,
            read=lambda: iter([taken]),
            targets=self.targets[rows],
            # Messages name the row in the file, not its place among those that were taken.
            row=lambda i: name(int(rows[i])),
            given=None if self.given is None else self.given[rows],
            groups=None if self.groups is None else self.groups[rows],
            times=None if self.times is None else self.times[rows],
        )


def in_memory(inputs: Piece, targets: NDArray[Any], where: str, **more: Any) -> RawData:
    """Return examples that are in memory already; ``more`` are the other fields of :class:`RawData`."""
    return RawData(lambda: iter([inputs]), targets, where, **more)


def table(numeric: NDArray[np.float64]) -> dict[str, NDArray[Any]]:
    """Return the inputs of a table of numbers alone: (N, F)."""
    # (N, 0), so that nobody has to ask whether there is a categorical column.
    return {"numeric": numeric, "categorical": np.zeros((len(numeric), 0), np.int32)}


def join(parts: Mapping[str, RawData]) -> RawData:
    """Join the splits that lie apart, in this order: keys are train and val; the first one's ``test`` is kept.

    Where the data mark a part's rows themselves, their marks count, not the part's name.

    Raises:
        DatasetInvalid: if the examples of one have more targets each than those of another.
    """
    if len(parts) == 1:
        return next(iter(parts.values()))
    first, *_ = parts.values()
    starts = np.cumsum([0, *(len(part) for part in parts.values())])
    columns = [merge([part.categories[k] for part in parts.values()]) for k in range(len(first.categories))]
    labels = None if first.labels is None else merge([part.labels or () for part in parts.values()])

    def read() -> Iterator[Piece]:
        for number, part in enumerate(parts.values()):
            for piece in part.read():
                if columns:
                    coded = [places[number][piece["categorical"][:, k]] for k, (_, places) in enumerate(columns)]
                    piece = {**piece, "categorical": np.stack(coded, axis=1)}
                yield piece

    def row(i: int) -> str:
        # side="right": the row at which a part starts belongs to that part.
        number = int(np.searchsorted(starts, i, side="right")) - 1
        name = list(parts)[number]
        return f"{parts[name].row(i - int(starts[number]))} of {name}"

    targets = [part.targets for part in parts.values()]
    for name, part in parts.items():
        if part.targets.shape[1:] != first.targets.shape[1:]:
            raise DatasetInvalid(
                f"{part.where}: targets of {name} have shape {part.targets.shape}, those of {next(iter(parts))} "
                f"{first.targets.shape}; give each example as many"
            )
    groups, times = [part.groups for part in parts.values()], [part.times for part in parts.values()]
    return replace(
        first,
        read=read,
        targets=np.concatenate(
            [places[part] for part, places in zip(targets, labels[1], strict=True)] if labels else targets
        ),
        labels=labels[0] if labels else None,
        categories=tuple(names for names, _ in columns),
        row=row,
        given=np.concatenate(
            [np.full(len(part), name) if part.given is None else part.given for name, part in parts.items()]
        ),
        # What names a group is the same in each part; where a part has none, nothing is known of the whole.
        groups=np.concatenate([of for of in groups if of is not None]) if all(g is not None for g in groups) else None,
        times=np.concatenate([of for of in times if of is not None]) if all(t is not None for t in times) else None,
    )


def merge(lists: Sequence[Sequence[str]]) -> tuple[tuple[str, ...], list[NDArray[np.int32]]]:
    """Return the different names of several lists, and for each list the new places of its names.

    The places (names + 1) have one more at the end, so that -1 stays -1.
    """
    names = tuple(dict.fromkeys(name for each in lists for name in each))
    place = {name: number for number, name in enumerate(names)}
    return names, [np.array([*(place[name] for name in each), MISSING], np.int32) for each in lists]
