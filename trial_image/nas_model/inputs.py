"""From arrays as the preprocessing makes them to what a network takes: the trainer does the same."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from nas_model.preprocessing.forms import ImageForm, Preprocessing

Scales = Mapping[str, tuple[Tensor, Tensor]]
"""Mean and deviation of each input that is standardised batch by batch."""


def scales_of(preprocessing: Preprocessing, device: torch.device) -> Scales:
    """Return the scales: those of images, (1, C, 1, 1) each. Other inputs are standardised once and kept so."""
    image = preprocessing.image
    return {"image": _by_channel(image, device)} if image else {}


def network_inputs(rows: Mapping[str, Tensor], scales: Scales) -> dict[str, Tensor]:
    """Return the inputs of n examples as a network takes them."""
    inputs = {}
    for name, values in rows.items():
        # Standardised batch by batch: as bytes, images take a quarter of the memory.
        if scale := scales.get(name):
            mean, deviation = scale
            values = (values.float() - mean) / deviation
        # Codes are kept as int32, half the memory; networks get int64.
        inputs[name] = values.long() if values.dtype == torch.int32 else values
    return inputs


def _by_channel(image: ImageForm, device: torch.device) -> tuple[Tensor, Tensor]:
    mean, deviation = (
        torch.tensor(values, dtype=torch.float32, device=device).reshape(1, -1, 1, 1)
        for values in (image.mean, image.deviation)
    )
    return mean, deviation
