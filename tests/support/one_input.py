"""The beginning of small networks that are written in sequence."""

from __future__ import annotations

from torch import Tensor, nn


class OneInput(nn.Module):
    """Passes on one of the inputs."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def forward(self, inputs: dict[str, Tensor]) -> Tensor:
        return inputs[self.name]
