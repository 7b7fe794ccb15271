"""The arithmetic of a forward pass, in training and in use."""

from __future__ import annotations

from collections.abc import Mapping

import torch

PRECISIONS: Mapping[str, torch.dtype] = {
    "float32": torch.float32,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
}
"""By their names in a search's spec and in bundles."""


def autocast(device: torch.device, dtype: torch.dtype) -> torch.autocast:
    """Return a context in which the forward pass computes in ``dtype``; weights and gradients stay float32."""
    return torch.autocast(device.type, dtype, enabled=dtype != torch.float32)
