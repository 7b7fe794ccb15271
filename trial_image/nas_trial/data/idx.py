"""MNIST's IDX files (plain or gzip), by their published names; the test files (``t10k-…``) are left alone.

Reference: http://yann.lecun.com/exdb/mnist/, "The IDX file format".
"""

from __future__ import annotations

import gzip
import re
import zlib

import numpy as np
from numpy.typing import NDArray

from nas_trial.data.raw import RawData, from_arrays
from nas_trial.errors import DatasetInvalid

_NAMES = {
    "images": re.compile(r"train-images[-.]idx3-ubyte(\.gz)?$"),
    "labels": re.compile(r"train-labels[-.]idx1-ubyte(\.gz)?$"),
}
_UNSIGNED_BYTE = 8


def matches(keys: list[str]) -> bool:
    """Whether both files are among the objects."""
    return all(any(pattern.search(key) for key in keys) for pattern in _NAMES.values())


def choose(uri: str, keys: list[str]) -> list[str]:
    """Return the keys of images and labels, in this order."""
    chosen = []
    for kind, pattern in _NAMES.items():
        found = [key for key in keys if pattern.search(key)]
        if len(found) != 1:
            dimensions = 3 if kind == "images" else 1
            raise DatasetInvalid(
                f"{uri}: found {len(found)} objects named train-{kind}-idx{dimensions}-ubyte[.gz]; give one"
            )
        chosen += found
    return chosen


def read(uri: str, contents: dict[str, bytes]) -> RawData:
    """Read the two files."""
    images, labels = (parse(key, content) for key, content in contents.items())
    return from_arrays(images, labels, uri)


def parse(key: str, content: bytes) -> NDArray[np.uint8]:
    """Read one file of unsigned bytes: two zero bytes, type, dimensions, their sizes (big-endian), the values."""
    try:
        if key.endswith(".gz"):
            content = gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise DatasetInvalid(f"{key}: cannot be unzipped: {error}") from error
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] != _UNSIGNED_BYTE or not 1 <= content[3] <= 4:
        raise DatasetInvalid(f"{key}: is no IDX file of unsigned bytes")
    header = 4 + 4 * content[3]
    if len(content) < header:
        raise DatasetInvalid(f"{key}: ends within its header; the file is cut off")
    shape = tuple(int(n) for n in np.frombuffer(content[4:header], dtype=">u4"))
    values = np.frombuffer(content[header:], dtype=np.uint8)
    if values.size != int(np.prod(shape)):
        raise DatasetInvalid(
            f"{key}: holds {values.size} values, its header says {shape}; the file is cut off or damaged"
        )
    return values.reshape(shape)
