"""MNIST's IDX files (plain or gzip), by their published names; the test files are those named ``t10k-…``.

Reference: http://yann.lecun.com/exdb/mnist/, "The IDX file format".
"""

from __future__ import annotations

import gzip
import math
import re
import zlib
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from nas_core.api.task import Task
from nas_trial.data.arrays import from_arrays
from nas_trial.data.files import Files
from nas_trial.data.raw import RawData
from nas_trial.errors import DatasetInvalid

_DIMENSIONS = {"images": 3, "labels": 1}
_UNSIGNED_BYTE = 8


def matches(files: Files, task: Task) -> bool:
    """Whether images and labels to train on are there."""
    return all(find(files, "train", kind) for kind in _DIMENSIONS)


def find(files: Files, part: str, kind: str) -> list[str]:
    """Return the names of the files of a part (train, t10k) and kind (images, labels)."""
    # Some mirrors name the files with a dot before idx.
    pattern = re.compile(rf"(^|/){part}-{kind}[-.]idx{_DIMENSIONS[kind]}-ubyte(\.gz)?$")
    return [name for name in files.names if pattern.search(name)]


def read(files: Files, task: Task) -> RawData:
    """Read the training files; the others are the test split, if both are there."""
    # One of the two is enough: that the other is lost is then an error, not a data set without a test split.
    given = any(find(files, "t10k", kind) for kind in _DIMENSIONS)
    data = _part(files, "train", task)
    return replace(data, test=lambda: _part(files, "t10k", task)) if given else data


def _part(files: Files, part: str, task: Task) -> RawData:
    chosen = []
    for kind, dimensions in _DIMENSIONS.items():
        names = find(files, part, kind)
        if len(names) != 1:
            raise DatasetInvalid(
                f"{files.where}: found {len(names)} files named {part}-{kind}-idx{dimensions}-ubyte[.gz]; give one"
            )
        chosen += names
    images, labels = (parse(files.label(name), content) for name, content in files.read(chosen).items())
    return from_arrays(images, labels, files.where, task)


def parse(where: str, content: bytes) -> NDArray[np.uint8]:
    """Read one file of unsigned bytes: two zero bytes, type, dimensions, their sizes (big-endian), the values."""
    try:
        if where.endswith(".gz"):
            content = gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise DatasetInvalid(f"{where}: cannot be unzipped: {error}") from error
    # Four dimensions at most, so that damaged bytes are not taken for a header.
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] != _UNSIGNED_BYTE or not 1 <= content[3] <= 4:
        raise DatasetInvalid(f"{where}: is no IDX file of unsigned bytes")
    header = 4 + 4 * content[3]
    if len(content) < header:
        raise DatasetInvalid(f"{where}: ends within its header; the file is cut off")
    shape = tuple(int(n) for n in np.frombuffer(content[4:header], dtype=">u4"))
    values = np.frombuffer(content[header:], dtype=np.uint8)
    # Not np.prod: its 64 bits wrap for four dimensions, and a header of damaged bytes could seem right.
    if values.size != math.prod(shape):
        raise DatasetInvalid(
            f"{where}: holds {values.size} values, its header says {shape}; the file is cut off or damaged"
        )
    return values.reshape(shape)
