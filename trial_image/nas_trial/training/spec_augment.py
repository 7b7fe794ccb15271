"""SpecAugment: bands of frequencies and stretches of time of a spectrogram are silenced while training.

Reference: Park et al. 2019, arXiv:1904.08779. It acts on the standardised log-mel spectrogram that the network itself
computes, where 0 is the mean: on the samples no band of frequencies could be masked without a second transform. The
paper's sizes for 80 bands, as shares: two masks of up to a third of the bands, two of up to a fifth of the time.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from nas_model.networks.log_mel import LogMel
from nas_trial.errors import CandidateRejected

MASKS = 2
BAND_SHARE, TIME_SHARE = 27 / 80, 0.2


def add_spec_augment(network: nn.Module) -> None:
    """Mask the spectrograms of a network in training.

    Raises:
        CandidateRejected: if it computes none.
    """
    fronts = [module for module in network.modules() if isinstance(module, LogMel)]
    if not fronts:
        raise CandidateRejected(
            "SpecInvalid", "evaluation.augmentation 'spec-augment' is for sound and the data has none; remove it"
        )

    def mask(module: nn.Module, _: tuple[Tensor, ...], bands: Tensor) -> Tensor:
        return masked(bands) if module.training else bands

    for front in fronts:
        front.register_forward_hook(mask)


def masked(bands: Tensor) -> Tensor:
    """Return spectrograms (N, bands, T) of which each has masks of its own, drawn by torch's generator."""
    for dimension, share in ((1, BAND_SHARE), (2, TIME_SHARE)):
        length = bands.shape[dimension]
        places = torch.arange(length, device=bands.device)  # (bands,) or (T,)
        for _ in range(MASKS):
            size, start = torch.rand(2, len(bands), 1, device=bands.device)  # (N, 1) each
            size = (size * (share * length + 1)).floor()
            start = (start * (length - size + 1)).floor()
            inside = (places >= start) & (places < start + size)  # (N, bands) or (N, T)
            bands = bands.masked_fill(inside.unsqueeze(3 - dimension), 0.0)
    return bands
