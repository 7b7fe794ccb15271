"""Files of images and sounds: a folder of them, or paths one by one."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from nas_core.data_files import MEDIA_FILES
from nas_model.errors import InputInvalid
from nas_model.preprocessing import sounds
from nas_model.preprocessing.forms import Preprocessing
from nas_model.preprocessing.piece import Piece
from nas_model.raw.examples import RawPart

Decode = Callable[[str, BinaryIO], NDArray[Any]]


def of_folder(name: str, folder: Path, preprocessing: Preprocessing) -> RawPart:
    """Return all images or sounds in a folder and the folders in it, in the order of their paths.

    Raises:
        InputInvalid: if there are none.
    """
    endings = MEDIA_FILES[name]
    found = sorted(str(path) for path in folder.rglob("*") if path.suffix.lower() in endings and path.is_file())
    if not found:
        raise InputInvalid(f"{folder}: there is no {name} file in it, such as {', '.join(endings[:4])}")
    return of_paths(name, found, None, preprocessing)


def of_paths(name: str, paths: Sequence[object], folder: Path | None, preprocessing: Preprocessing) -> RawPart:
    """Return images or sounds that are given by their paths, which begin in a folder unless they are absolute.

    Raises:
        InputInvalid: if one is no path.
    """
    named = []
    for row, path in enumerate(paths):
        if not isinstance(path, str | os.PathLike) or not str(path):
            raise InputInvalid(f"{name}: example {row} is {str(path)[:80]!r}; give the path of a file")
        named.append(str(folder / path) if folder else str(path))
    decode = _images(preprocessing) if name == "image" else _sounds(preprocessing)

    def one(path: str) -> NDArray[Any]:
        try:
            with Path(path).open("rb") as file:
                return decode(path, file)
        except OSError as error:
            raise InputInvalid(f"{path}: cannot be read: {error.strerror or error}") from error

    def read(start: int, end: int) -> Piece:
        with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
            return {name: np.stack(list(pool.map(one, named[start:end])))}

    return RawPart(len(named), read, names=named)


def _images(preprocessing: Preprocessing) -> Decode:
    form = preprocessing.image
    assert form is not None
    if form.type != "uint8" or form.mode is None:
        raise InputInvalid("image: this model was trained on arrays; give an array instead of files")
    from nas_model.preprocessing.images import Form, decode  # here: arrays need no Pillow

    brought = Form(form.mode, (form.width, form.height), "the model", form.size is not None, form.bits)
    return lambda label, file: decode(label, file, brought)


def _sounds(preprocessing: Preprocessing) -> Decode:
    form = preprocessing.audio
    assert form is not None
    return lambda label, file: sounds.decode(label, file, form.rate, form.samples)
