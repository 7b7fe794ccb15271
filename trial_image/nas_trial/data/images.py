"""Files of images: the form that all of them are brought to, and their reading.

Images are decoded by several threads and let go piece by piece: memory does not depend on their number, and little on
their size.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from nas_core.api.task import ImageOptions
from nas_model.preprocessing.image_depth import FULL, depth, greatest, is_deep
from nas_model.preprocessing.images import BUDGET, GREY, Form, decode, opened, readable, upright_size
from nas_trial.data.files import Files
from nas_trial.data.raw import piece_rows
from nas_trial.errors import DatasetInvalid


def form_of(files: Files, names: Sequence[str], options: ImageOptions) -> Form:
    """Return the form of images, from their headers; not all are looked at if one tells enough.

    Grey images of 16 bits a pixel are read, until one fills all of these.

    Raises:
        DatasetInvalid: if one cannot be read; the message names it.
    """

    def kind(name: str, file: BinaryIO) -> tuple[bool, bool]:
        """Return whether an image is grey, and whether it is deep."""
        try:
            with opened(name, file) as image:
                return image.mode in GREY, is_deep(image)
        except DatasetInvalid:
            # Its header is longer than the beginning of the file, or damaged.
            with files.open(name) as whole, opened(files.label(name), whole) as image:
                return image.mode in GREY, is_deep(image)

    with files.open(names[0]) as file, opened(files.label(names[0]), file) as first:
        size = upright_size(first)
    grey, deep = True, False
    for one_grey, one_deep in files.map(names, kind, heads=True):
        deep |= one_deep
        if not one_grey:  # one makes all of them colour: an array has one number of channels
            grey = False
            break
    if options.size:
        size = (options.size, options.size)
    bits = _bits(files, names) if deep else None
    return Form("L" if grey else "RGB", size, files.label(names[0]), options.size is not None, bits)


def _bits(files: Files, names: Sequence[str]) -> int:
    """Return how many bits deep images fill."""

    def greatest_of(name: str, file: BinaryIO) -> int:
        label = files.label(name)
        with opened(label, file) as image:
            if not is_deep(image):
                return 0
            with BUDGET.take(8 * image.width * image.height), readable(label):
                image.load()
                return greatest(image)

    bits = 0
    for most in files.map(names, greatest_of):
        bits = max(bits, depth(most))
        if bits == FULL:
            break
    return bits


def read(files: Files, names: Sequence[str], form: Form) -> Iterator[NDArray[np.uint8]]:
    """Yield images in pieces: (n, C, H, W).

    Raises:
        DatasetInvalid: if one cannot be read or is of another size; the message names it.
        NotFound: if there is no such file.
    """
    images = files.map(names, lambda name, file: decode(files.label(name), file, form))
    rows = piece_rows(int(np.prod(form.shape)))
    while piece := list(islice(images, rows)):
        yield np.stack(piece)
