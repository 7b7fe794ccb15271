"""torch.export: the graph of the network with its weights, for PyTorch programs without our code."""

from __future__ import annotations

import io

import numpy as np
import torch
from numpy.typing import NDArray

from nas_trial.exporting.deployed import Raw
from nas_trial.exporting.source import Runner, Source


def make(source: Source) -> bytes:
    """Return the file, a zip archive; `torch.export.load` reads it.

    Raises:
        Exception: if the network cannot be traced.
    """
    file = io.BytesIO()
    torch.export.save(source.program, file)
    return file.getvalue()


def opened(content: bytes) -> Runner:
    """Return what runs a file: PyTorch, on the CPU."""
    network = torch.export.load(io.BytesIO(content)).module()

    def run(raw: Raw) -> NDArray[np.generic]:
        # Mappings keep the order of the network's inputs.
        with torch.inference_mode():
            outputs: torch.Tensor = network(*(torch.from_numpy(values) for values in raw.values()))
        return outputs.numpy()

    return run
