"""Which part of a shared weight a network has: the first channels, the middle of a kernel.

References: Yu & Huang 2019 (universally slimmable networks, arXiv:1903.05134) for channels; Cai et al. 2020
(Once-For-All, arXiv:1908.09791), section 3.2, for kernels, without their transformation matrices, which BigNAS (Yu et
al. 2020, arXiv:2003.11142) does well without.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor, nn

from nas_model.networks.sharing import parts_of

CONVOLUTIONS = (nn.Conv1d, nn.Conv2d)


@dataclass(frozen=True)
class Cut:
    """How a layer's weight is cut out of a larger one."""

    parts: int = 1
    """Layers that are one here: their outputs lie in a row, and each is cut for itself."""
    spatial: int = 0
    """Last dimensions that are a kernel's, of which the middle is taken."""

    @classmethod
    def of(cls, module: nn.Module, name: str) -> Cut:
        """Return how the parameter of a module, by its own name, is cut."""
        kernel = isinstance(module, CONVOLUTIONS) and name == "weight"
        if isinstance(module, nn.RNNBase):
            # The gates lie in a row: four of an LSTM, three of a GRU.
            return cls(4 if isinstance(module, nn.LSTM) else 3)
        return cls(parts_of(module), len(module.kernel_size) if kernel else 0)  # type: ignore[arg-type]

    def apply(self, shared: Tensor, shape: Sequence[int]) -> Tensor:
        """Return the part of a shared weight of this shape; a view unless the layer is several in one."""
        if tuple(shared.shape) == tuple(shape):
            return shared
        if self.parts > 1:
            each = shared.shape[0] // self.parts
            apart = shared.reshape(self.parts, each, *shared.shape[1:])[:, : shape[0] // self.parts]
            shared = apart.flatten(0, 1)
        flat = len(shape) - self.spatial
        view = shared[tuple(slice(length) for length in shape[:flat])]
        for dimension in range(flat, len(shape)):
            start = (view.shape[dimension] - shape[dimension]) // 2
            view = view.narrow(dimension, start, shape[dimension])
        return view

    def write(self, shared: Tensor, values: Tensor) -> None:
        """Put the values of a network's weight into its part of a shared one, in place."""
        if self.parts == 1:
            self.apply(shared, values.shape).copy_(values)
            return
        for whole, part in zip(shared.chunk(self.parts), values.chunk(self.parts), strict=True):
            Cut(1, self.spatial).apply(whole, part.shape).copy_(part)


def larger(one: Sequence[int], other: Sequence[int]) -> tuple[int, ...]:
    """Return the shape that has room for two."""
    return tuple(map(max, one, other))
