"""Tensors by name, as one process writes them for the others (`nas_trial.process.messages`)."""

from __future__ import annotations

from safetensors.torch import load, save
from torch import Tensor

from nas_trial.process.messages import Form


class Tensors(Form[dict[str, Tensor]]):
    """Tensors on the CPU, none of which shares its memory with another, as safetensors."""

    def write(self, value: dict[str, Tensor]) -> bytes:
        """Return tensors as bytes."""
        return save({name: tensor.contiguous() for name, tensor in value.items()})

    def read(self, content: bytes) -> dict[str, Tensor]:
        """Return the tensors."""
        return load(content)
