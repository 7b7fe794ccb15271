"""NumPy archives: arrays ``x`` and ``y``, or ``x_train`` and ``y_train`` (then ``x_test`` is left alone)."""

from __future__ import annotations

import io
import zipfile
import zlib

import numpy as np

from nas_trial.data.raw import RawData, from_arrays
from nas_trial.errors import DatasetInvalid


def choose(uri: str, keys: list[str]) -> list[str]:
    """Return the one archive among the objects."""
    archives = [key for key in keys if key.endswith(".npz")]
    if len(archives) != 1:
        raise DatasetInvalid(f"{uri}: found {len(archives)} .npz objects; let task.dataset.uri name exactly one")
    return archives


def read(uri: str, contents: dict[str, bytes]) -> RawData:
    """Read the archive. Pickled arrays are refused: they could run code."""
    (content,) = contents.values()
    try:
        # Not np.load: given something else than an archive, it would read that.
        with np.lib.npyio.NpzFile(io.BytesIO(content), allow_pickle=False) as archive:
            for images, labels in (("x_train", "y_train"), ("x", "y")):
                if images in archive.files and labels in archive.files:
                    return from_arrays(archive[images], archive[labels], uri)
            raise DatasetInvalid(
                f"{uri}: holds {', '.join(archive.files)}; name the arrays x and y, or x_train and y_train"
            )
    except (ValueError, OSError, EOFError, zlib.error, zipfile.BadZipFile) as error:
        raise DatasetInvalid(f"{uri}: cannot be read as .npz without pickle: {error}") from error
