"""From a batch of a table to numbers, codes of categories and texts, as `nas_trial.data.raw` has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from nas_core.table_values import name_of
from nas_model.preprocessing.piece import MISSING, Piece
from nas_model.preprocessing.values import Values
from nas_model.tables.table_file import columns_of


@dataclass(frozen=True)
class Converter:
    """Makes the inputs of a batch; columns that a batch lacks have no value in it."""

    numeric: Mapping[str, bool]
    """Columns of numbers, and whether the search says that they are."""
    categorical: Mapping[str, Mapping[str, int]]
    """Columns of categories, and the place of each value."""
    text: str | None

    @property
    def columns(self) -> list[str]:
        """The columns that are needed."""
        return [*self.numeric, *self.categorical, *([self.text] if self.text else [])]

    def __call__(self, batch: pa.RecordBatch) -> Piece:
        """Return text (n), numeric (n, F) float64 and categorical (n, K) int32; if there are columns."""
        rows = batch.num_rows
        there = columns_of(batch)
        values = {name: Values(there[name]) for name in self.columns if name in there}
        piece: dict[str, NDArray[Any]] = {}
        if self.text:
            piece["text"] = _texts(values[self.text]) if self.text in values else np.full(rows, "", object)
        if self.numeric or self.categorical:
            numbers = np.full((rows, len(self.numeric)), np.nan)
            for k, (name, named) in enumerate(self.numeric.items()):
                if name in values:
                    numbers[:, k] = values[name].numbers(named=named).values
            codes = np.full((rows, len(self.categorical)), MISSING, np.int32)
            for k, (name, places) in enumerate(self.categorical.items()):
                if name in values:
                    local, names = values[name].names()
                    codes[:, k] = np.array([*(places[each] for each in names), MISSING], np.int32)[local]
            piece |= {"numeric": numbers, "categorical": codes}
        return piece


def _texts(values: Values) -> NDArray[Any]:
    places, different = values.encoded
    texts = different.to_pylist() if values.is_text else [name_of(value) for value in different.to_pylist()]
    # A missing text is empty.
    return np.array([*texts, ""], object)[places]
