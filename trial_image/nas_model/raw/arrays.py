"""Arrays of examples, in the shapes in which people have them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nas_model.errors import InputInvalid
from nas_model.preprocessing.forms import Preprocessing
from nas_model.preprocessing.piece import Piece
from nas_model.preprocessing.sounds import from_array
from nas_model.raw.examples import RawPart

Array = NDArray[Any]


def of_array(name: str, values: Any, preprocessing: Preprocessing) -> RawPart:
    """Return an input that is given as an array: image, audio, series, numeric or categorical.

    Raises:
        InputInvalid: if it is not of the shape or type of the input.
    """
    array = np.asarray(values)
    if not array.ndim:
        raise InputInvalid(f"{name}: {str(values)[:80]!r} is a single value; give an array of examples, (N, …)")
    if name == "image":
        bring: Callable[[Array, int], Piece] = _images(array, preprocessing)
    elif name == "audio":
        bring = _sounds(array, preprocessing)
    elif name == "series":
        bring = _series(array, preprocessing)
    else:
        bring = _numbers(array, preprocessing)
    return RawPart(len(array), lambda start, end: bring(array[start:end], start))


def _images(array: Array, preprocessing: Preprocessing) -> Callable[[Array, int], Piece]:
    form = preprocessing.image
    assert form is not None
    shape = (form.channels, form.height, form.width)
    if form.type == "uint8" and array.dtype != np.uint8:
        raise InputInvalid(f"image: values are of type {array.dtype}; this model takes bytes from 0 to 255 (uint8)")
    if form.type == "float32" and array.dtype.kind != "f":
        raise InputInvalid(
            f"image: values are of type {array.dtype}; this model takes floats in the range of its training images"
        )
    if array.shape[1:] == shape:
        return lambda part, _: {"image": np.ascontiguousarray(part, form.type)}
    if array.shape[1:] == (*shape[1:], shape[0]):  # channels last
        return lambda part, _: {"image": np.ascontiguousarray(np.moveaxis(part, -1, 1), form.type)}
    if array.shape[1:] == shape[1:] and form.channels == 1:
        return lambda part, _: {"image": np.ascontiguousarray(part[:, None], form.type)}
    raise _wrong("image", array, f"(N, {', '.join(map(str, shape))}), or with the channels last")


def _sounds(array: Array, preprocessing: Preprocessing) -> Callable[[Array, int], Piece]:
    form = preprocessing.audio
    assert form is not None
    if array.ndim != 2 or array.dtype.kind not in "iuf":
        raise _wrong("audio", array, f"(N, T), numbers, mono at {form.rate} samples a second")
    return lambda part, start: {"audio": from_array(part, start, form.samples, "audio")}


def _series(array: Array, preprocessing: Preprocessing) -> Callable[[Array, int], Piece]:
    form = preprocessing.series
    assert form is not None
    single = form.channels == 1 and array.shape[1:] == (form.steps,)
    if array.dtype.kind not in "biuf" or not (single or array.shape[1:] == (form.channels, form.steps)):
        raise _wrong("series", array, f"(N, {form.channels}, {form.steps}), numbers")
    return lambda part, _: {"series": (part[:, None] if single else part).astype(np.float32)}


def _numbers(array: Array, preprocessing: Preprocessing) -> Callable[[Array, int], Piece]:
    columns = preprocessing.numeric.columns if preprocessing.numeric else ()
    if preprocessing.categorical and preprocessing.categorical.columns:
        names = ", ".join(preprocessing.categorical.columns[:5])
        raise InputInvalid(f"this model has columns of categories ({names}); give a DataFrame instead of an array")
    if array.ndim != 2 or array.dtype.kind not in "biuf" or array.shape[1] != len(columns):
        raise _wrong("table", array, f"(N, {len(columns)}), numbers: {', '.join(columns[:10])}")
    empty = np.zeros((len(array), 0), np.int32)
    return lambda part, _: {"numeric": part.astype(np.float64), "categorical": empty[: len(part)]}


def _wrong(name: str, array: Array, wanted: str) -> InputInvalid:
    return InputInvalid(f"{name}: an array of shape {array.shape} and type {array.dtype}; this model takes {wanted}")
