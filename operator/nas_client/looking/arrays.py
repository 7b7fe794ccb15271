"""Arrays of NumPy and MNIST's IDX files: what their headers tell."""

from __future__ import annotations

import gzip
import re
import struct
import zipfile
from collections.abc import Sequence
from typing import Any

from nas_client.errors import InvalidInput
from nas_client.looking.columns import classes_of
from nas_client.looking.oddities import of_classes
from nas_client.looking.places import UNREADABLE, Place
from nas_client.looking.seen import Seen
from nas_core.data_arrays import is_one_hot, may_be_turned
from nas_core.data_files import PARTS

NPZ = ".npz"
IDX_FILES = re.compile(
    r"(?:.*[/-])?(?P<part>train|t10k|test)-(?P<kind>images|labels)[-.]idx[13]-ubyte(?:\.gz)?", re.IGNORECASE
)
ARRAY = re.compile(rf"([xy])(?:_({'|'.join(PARTS)}))?", re.IGNORECASE)
MOST_TARGETS = 100_000
FEW_NUMBERS = 20
"""A target of numbers with more different values than this is a quantity."""
LONG = 4000
"""Rows of so many numbers are taken for sound."""


def is_idx(place: Place) -> bool:
    """Whether the training files of IDX are there."""
    found = [match for name in place.names if (match := IDX_FILES.fullmatch(name))]
    return {match["kind"].lower() for match in found if match["part"].lower() == "train"} == {"images", "labels"}


def look_at_idx(place: Place) -> Seen:
    """Look at the files of a data set such as MNIST.

    Raises:
        InvalidInput: if they cannot be read.
    """
    files = {
        (match["part"].lower(), match["kind"].lower()): name
        for name in place.names
        if (match := IDX_FILES.fullmatch(name))
    }
    name = files["train", "images"]
    try:
        with place.open(name) as file:
            begin = (gzip.GzipFile(fileobj=file) if name.lower().endswith(".gz") else file).read(16)
        _, examples, height, width = struct.unpack(">IIII", begin)
    except (struct.error, *UNREADABLE) as error:
        raise InvalidInput(f"{place.where}: {name} cannot be read as IDX: {error}") from error
    note = f"{examples:,} images of {height}x{width} (IDX)"
    has_test = any(part != "train" for part, _ in files)
    return Seen("idx", "image-classification", examples, has_test=has_test, pixels=height * width, notes=(note,))


def look_at_npz(place: Place) -> Seen:
    """Look at the one archive of arrays.

    Raises:
        InvalidInput: if there are several, it cannot be read, or its arrays have other names.
    """
    names = place.ending((NPZ,))
    if len(names) > 1:
        raise InvalidInput(f"{place.where}: has {len(names)} .npz files; name one of them")
    where = f"{place.where}: {names[0]}"
    try:
        with place.open(names[0]) as file, zipfile.ZipFile(file) as archive:
            members = [each.removesuffix(".npy") for each in archive.namelist() if each.endswith(".npy")]
            found = {member: match for member in members if (match := ARRAY.fullmatch(member))}
            parts = {
                (match[1].lower(), PARTS[match[2].lower()] if match[2] else "train"): name
                for name, match in found.items()
            }
            x, y = parts.get(("x", "train")), parts.get(("y", "train"))
            if x is None or y is None:
                raise InvalidInput(
                    f"{where} holds {', '.join(members[:10]) or 'no array'}; name the arrays x and y, or x_train, …"
                )
            shape, kind = _header(archive, x)
            labels, _ = _header(archive, y)
            if shape[:1] != labels[:1]:
                raise InvalidInput(f"{where}: {x} has the shape {shape} and {y} {labels}; give one label an example")
            targets = _values(archive, y)
    except UNREADABLE as error:
        raise InvalidInput(f"{where} cannot be read: {error}") from error
    has_test = ("x", "test") in parts and ("y", "test") in parts
    return _seen(shape, kind, targets, has_test, where)


def _seen(shape: tuple[int, ...], kind: str, targets: Any, has_test: bool, where: str) -> Seen:
    if not shape or not shape[0] or not len(targets):
        raise InvalidInput(f"{where} holds no examples")
    task, inputs = _inputs(shape, kind)
    note = f"{shape[0]:,} examples of {inputs}"
    several = len(targets.shape) > 1
    different = {float(value) for value in targets.ravel().tolist()} if targets.dtype.kind in "fiu" else set()
    if targets.dtype.kind == "f" and (several or len(different) > FEW_NUMBERS) and not different <= {0.0, 1.0}:
        if task != "tabular-classification":
            note += "; their targets are quantities, which are predicted from rows of numbers only"
        return Seen("npz", "regression", shape[0], has_test=has_test, notes=(note,))
    if several and is_one_hot(targets):
        targets, several = targets.argmax(1), False
    if several:
        note += f", each of any of {targets.shape[1]} classes"
        return Seen("npz", task, shape[0], multi_label=True, has_test=has_test, notes=(note,))
    classes = classes_of(targets.tolist())
    if len(classes) < 2:
        raise InvalidInput(f"{where}: y has one value only, so there is nothing to learn")
    return Seen(
        "npz",
        task,
        shape[0],
        has_test=has_test,
        notes=(f"{note}, of {len(classes)} classes", *_turned(task, shape), *of_classes(classes)),
    )


def _turned(task: str, shape: Sequence[int]) -> list[str]:
    if task != "time-series-classification" or not may_be_turned(shape):
        return []
    return [f"if they have {shape[2]} channels and {shape[1]} steps, save x.transpose(0, 2, 1)"]


def _inputs(shape: Sequence[int], kind: str) -> tuple[str, str]:
    """Return the task that examples of this shape are for, and what they are in words."""
    size = "x".join(map(str, shape[1:]))
    if len(shape) == 1:
        return "text-classification", "texts"
    if len(shape) == 4:
        return "image-classification", f"images of {size}"
    if len(shape) == 3 and (kind in "ub" or shape[1] == shape[2]):
        return "image-classification", f"grey images of {size}"
    if len(shape) == 3:
        return "time-series-classification", f"series of {shape[1]} channels and {shape[2]} steps"
    if shape[1] >= LONG:
        return "audio-classification", f"sound of {size} values; if they are series: --task time-series-classification"
    return "tabular-classification", f"{size} numbers; if they are series: --task time-series-classification"


def _header(archive: zipfile.ZipFile, name: str) -> tuple[tuple[int, ...], str]:
    with archive.open(f"{name}.npy") as file:
        shape, _, dtype = _read_header(file)
    return shape, dtype.kind


def _values(archive: zipfile.ZipFile, name: str) -> Any:
    import numpy as np  # here: other commands, and other formats, need not load it

    with archive.open(f"{name}.npy") as file:
        shape, by_columns, dtype = _read_header(file)
        if dtype.hasobject:
            raise ValueError(f"{name} is pickled; save it as numbers or texts")
        rest = int(np.prod(shape[1:], dtype=np.int64))
        rows = min(shape[0], max(1, MOST_TARGETS // max(1, rest))) if shape else 0
        if by_columns and rest > 1:
            rows = shape[0]  # the rows do not lie side by side
        values = np.frombuffer(file.read(rows * rest * dtype.itemsize), dtype)
    decoded = np.char.decode(values, "utf-8", "replace") if dtype.kind == "S" else values
    return decoded.reshape(rows, *shape[1:], order="F" if by_columns else "C")


def _read_header(file: Any) -> tuple[tuple[int, ...], bool, Any]:
    from numpy.lib import format as npy

    version = npy.read_magic(file)
    if version == (1, 0):
        return npy.read_array_header_1_0(file)
    return npy.read_array_header_2_0(file)
