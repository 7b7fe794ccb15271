"""A trained architecture, used without the trainer: ``nas_model.load(…)`` gives a model that predicts on raw data.

>>> import nas_model
>>> model = nas_model.load("s3://bucket/…/bundle/a001/")  # or a folder, or a tar file
>>> model.predict(data).labels
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nas_model.model import Model


def load(address: str | Path, *, sha256: str | None = None, device: str = "cpu", precision: str = "float32") -> Model:
    """Load a model from its bundle.

    Args:
        address: of the bundle: ``s3://bucket/prefix/``, a folder, or an uncompressed tar file. Server and credentials
            of S3 come from the environment: AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY.
        sha256: of bundle.json, which names those of all other files; left out: no bundle is refused for that.
        device: where to compute: cpu, cuda, …
        precision: arithmetic of the network: float32, bfloat16 or float16.

    Raises:
        nas_model.errors.BundleError: if a file is missing, damaged or of a later version; the message names it.
        ImportError: if a library is missing that only some models need; the message says what to install.
    """
    # Here: PyTorch takes seconds, which what only reads preprocessing need not wait for.
    from nas_model.model import open_model

    return open_model(address, sha256, device, precision)
