"""MNIST's IDX files (plain or gzip), by their published names; the test files are those named ``t10k-…`` or ``test-…``.

EMNIST's names have something in front (``emnist-letters-train-images-idx3-ubyte.gz``).
Reference: http://yann.lecun.com/exdb/mnist/, "The IDX file format".
"""

from __future__ import annotations

import gzip
import math
import re
import zlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from nas_core.api.task import Task
from nas_trial.data.arrays import from_arrays
from nas_trial.data.files import Files
from nas_trial.data.names import unread
from nas_trial.data.raw import RawData
from nas_trial.data.scratch import Scratch
from nas_trial.errors import DatasetInvalid

CHUNK = 1 << 20
_DIMENSIONS = {"images": 3, "labels": 1}
_PARTS = {"train": "train", "t10k": "t10k|test"}
_UNSIGNED_BYTE = 8


def matches(files: Files, task: Task) -> bool:
    """Whether images and labels to train on are there."""
    return all(find(files, "train", kind) for kind in _DIMENSIONS)


def find(files: Files, part: str, kind: str) -> list[str]:
    """Return the names of the files of a part (train, t10k) and kind (images, labels)."""
    # Some mirrors name the files with a dot before idx.
    name = rf"(^|[/-])({_PARTS[part]})-{kind}[-.]idx{_DIMENSIONS[kind]}-ubyte(\.gz)?$"
    return [file for file in files.names if re.search(name, file, re.IGNORECASE)]


def read(files: Files, task: Task) -> RawData:
    """Read the training files; the others are the test split, if both are there."""
    # One of the two is enough: that the other is lost is then an error, not a data set without a test split.
    given = any(find(files, "t10k", kind) for kind in _DIMENSIONS)
    used = {name for part in _PARTS for kind in _DIMENSIONS for name in find(files, part, kind)}
    data = _part(files, "train", task)
    data = replace(data, warnings=tuple(unread([name for name in files.names if name not in used])))
    return replace(data, test=lambda: _part(files, "t10k", task)) if given else data


def _part(files: Files, part: str, task: Task) -> RawData:
    chosen = []
    for kind, dimensions in _DIMENSIONS.items():
        names = find(files, part, kind)
        if len(names) != 1:
            wanted = f"{part}-{kind}-idx{dimensions}-ubyte[.gz]"
            raise DatasetInvalid(
                f"{files.where}: found {len(names)} files named {wanted}{_listed(names)}; let task.dataset name one"
            )
        chosen += names
    scratch = Scratch()
    images, labels = (parse(files.label(name), files.local(name), scratch) for name in chosen)
    return from_arrays(images, np.array(labels), files.where, task)


def parse(where: str, path: Path, scratch: Scratch) -> NDArray[np.uint8]:
    """Return one file of unsigned bytes, mapped into memory: from itself or, if it is compressed, from scratch.

    The format: two zero bytes, type, dimensions, their sizes (big-endian), the values. A compressed file is unpacked no
    further than its header says.

    Raises:
        DatasetInvalid: if it is damaged, or of another format.
    """
    if not where.lower().endswith(".gz"):
        with path.open("rb") as file:
            shape = _shape(where, file)
            begin = file.tell()
        return _mapped(where, path, begin, path.stat().st_size - begin, shape)
    try:
        with gzip.open(path) as packed:
            shape = _shape(where, packed)
            most = math.prod(shape)
            if most > scratch.room():
                raise DatasetInvalid(f"{where}: its header says {shape}; there is no room for that")

            def fill(target: BinaryIO) -> None:
                left = most + 1  # one more tells a file that is too long
                while part := packed.read(min(left, CHUNK)):
                    left -= len(part)
                    target.write(part)

            values = scratch.file(where, fill)
    except (OSError, EOFError, zlib.error) as error:
        raise DatasetInvalid(f"{where}: cannot be unzipped: {error}") from error
    return _mapped(where, values, 0, values.stat().st_size, shape)


def _shape(where: str, file: BinaryIO | gzip.GzipFile) -> tuple[int, ...]:
    begins = file.read(4)
    # Four dimensions at most, so that damaged bytes are not taken for a header.
    if len(begins) < 4 or begins[:2] != b"\0\0" or begins[2] != _UNSIGNED_BYTE or not 1 <= begins[3] <= 4:
        raise DatasetInvalid(f"{where}: is no IDX file of unsigned bytes")
    sizes = file.read(4 * begins[3])
    if len(sizes) < 4 * begins[3]:
        raise DatasetInvalid(f"{where}: ends within its header; the file is cut off")
    return tuple(int(size) for size in np.frombuffer(sizes, dtype=">u4"))


def _mapped(where: str, path: Path, begin: int, size: int, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    # Not np.prod: its 64 bits wrap for four dimensions, and a header of damaged bytes could seem right.
    if size != math.prod(shape):
        raise DatasetInvalid(f"{where}: holds {size} values, its header says {shape}; the file is cut off or damaged")
    return np.memmap(path, np.uint8, "r", begin, shape) if size else np.zeros(shape, np.uint8)


def _listed(names: Sequence[str]) -> str:
    return f" ({', '.join(names[:5])})" if names else ""
