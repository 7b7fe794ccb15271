"""Sound as a picture: how much power each of some bands has at each moment, in logarithms.

Windows of 25 ms every 10 ms and 40 bands evenly spaced on the mel scale, as is usual for speech (Davis & Mermelstein,
"Comparison of Parametric Representations for Monosyllabic Word Recognition", IEEE TASSP 1980).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

BANDS = 40
WINDOW_S, HOP_S = 0.025, 0.010
LEAST_TRANSFORM = 512
"""Points of the Fourier transform at least, so that the lowest bands hold some."""
FLOOR = 1e-6
"""Added to the power, so that silence has a logarithm."""


def mel_filters(rate: int, points: int, bands: int = BANDS) -> Tensor:
    """Return the weights of a transform's frequencies in each band, triangles that overlap by half.

    Shape (points // 2 + 1, bands). The scale is 2595 log10(1 + f / 700), f in Hz; the bands reach from 0 to rate / 2.
    """
    top = 2595 * math.log10(1 + rate / 2 / 700)
    # Evenly spaced in mel, back in Hz; each band reaches from the corner before its own to the one after.
    corners = 700 * (10 ** (torch.linspace(0, top, bands + 2, dtype=torch.float64) / 2595) - 1)
    frequencies = torch.linspace(0, rate / 2, points // 2 + 1, dtype=torch.float64).unsqueeze(1)
    low, middle, high = corners[:-2], corners[1:-1], corners[2:]
    rising, falling = (frequencies - low) / (middle - low), (high - frequencies) / (high - middle)
    return torch.minimum(rising, falling).clamp_min(0).float()


class LogMel(nn.Module):
    """From samples to bands, each standardised over the batch."""

    window: Tensor
    filters: Tensor

    def __init__(self, rate: int) -> None:
        super().__init__()
        length = math.ceil(rate * WINDOW_S)
        self.hop = max(1, round(rate * HOP_S))
        self.points = max(LEAST_TRANSFORM, 2 ** math.ceil(math.log2(length)))
        self.register_buffer("window", torch.hann_window(length), persistent=False)
        self.register_buffer("filters", mel_filters(rate, self.points), persistent=False)
        self.norm = nn.BatchNorm1d(BANDS)

    def forward(self, samples: Tensor) -> Tensor:
        """Map samples (N, T) to (N, BANDS, 1 + T // hop)."""
        # In 32 bits: powers span more than half precision does, and the transform has no 16-bit form.
        with torch.autocast(samples.device.type, enabled=False):
            spectrum = torch.stft(
                samples.float(),
                self.points,
                self.hop,
                len(self.window),
                self.window,
                pad_mode="constant",
                return_complex=True,
            )
            # Squares of both parts: abs() of complex numbers has no gradient at silence.
            power = torch.view_as_real(spectrum).square().sum(-1)  # (N, points / 2 + 1, T')
            bands = (power.transpose(1, 2) @ self.filters + FLOOR).log().transpose(1, 2)  # (N, BANDS, T')
        out: Tensor = self.norm(bands)
        return out
