"""Arrays in NumPy's archives (.npz), mapped into memory where they lie or, if they are compressed, from scratch.

Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy_format
from numpy.typing import NDArray

from nas_trial.data.members import Member, content, content_offset, members
from nas_trial.data.scratch import Scratch
from nas_trial.errors import DatasetInvalid


class ArrayArchive:
    """The arrays of one archive, by name. Pickled ones are refused: they could run code."""

    def __init__(self, path: Path, where: str) -> None:
        self._path, self._where, self._scratch = path, where, Scratch()
        with path.open("rb") as file:
            # `members` reads tar archives as well.
            if not file.read(2) == b"PK":
                raise DatasetInvalid(f"{where}: cannot be read as .npz: it is no zip archive")
        self._members: Mapping[str, Member] = {
            member.name.removesuffix(".npy"): member for member in members(path, where, Counter())
        }

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the arrays."""
        return tuple(self._members)

    def read(self, name: str) -> NDArray[Any]:
        """Return an array, mapped into memory; raise DatasetInvalid if it is damaged or pickled."""
        member, where = self._members[name], f"{self._where}: array {name}"
        with self._path.open("rb") as file:
            parts = content(member, file, where)
            if member.deflated:
                path = self._scratch.file(where, lambda target: target.writelines(parts))
                return _mapped(path, 0, member.size, where)
            for _ in parts:  # for the checksum: what is mapped has none
                pass
            return _mapped(self._path, content_offset(member, file, where), member.size, where)


def _mapped(path: Path, start: int, size: int, where: str) -> NDArray[Any]:
    try:
        with path.open("rb") as file:
            file.seek(start)
            # Versions 2 and 3 differ in how long a header may be; no array of numbers needs that.
            if npy_format.read_magic(file) != (1, 0):
                raise ValueError("it is no array of one type")
            shape, fortran, dtype = npy_format.read_array_header_1_0(file)
            offset = file.tell()
    except (ValueError, EOFError, OSError) as error:
        raise DatasetInvalid(f"{where}: cannot be read as .npz: {error}") from error
    if dtype.hasobject:
        raise DatasetInvalid(f"{where}: cannot be read as .npz without pickle; save numbers or texts of one type")
    if math.prod(shape) * dtype.itemsize != size - (offset - start):
        raise DatasetInvalid(f"{where}: cannot be read as .npz: it is shorter or longer than its shape {shape} says")
    if not math.prod(shape) or not dtype.itemsize:
        return np.zeros(shape, dtype)
    return np.memmap(path, dtype, "r", offset, shape, "F" if fortran else "C")
