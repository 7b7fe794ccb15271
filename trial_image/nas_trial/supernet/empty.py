"""Networks without weights: built as always, but their parameters take no memory and are not drawn."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn


@contextmanager
def without_weights() -> Iterator[None]:
    """Build modules whose parameters are on PyTorch's meta device; buffers, which may hold constants, are real.

    Not for several threads at once. A step of shared weights builds a network, so that this must cost little.
    """
    register, state = nn.Module.register_parameter, torch.random.get_rng_state()

    def registered(module: nn.Module, name: str, parameter: nn.Parameter | None) -> None:
        if parameter is not None and parameter.device.type != "meta":
            parameter = nn.Parameter(parameter.to("meta"), requires_grad=parameter.requires_grad)
        register(module, name, parameter)

    nn.Module.register_parameter = registered  # type: ignore[assignment,method-assign]
    try:
        yield
    finally:
        nn.Module.register_parameter = register  # type: ignore[method-assign]
        # Some modules draw before they register.
        torch.random.set_rng_state(state)
