"""Networks of `nas_core.spaces.speech`: a log-mel front end for sound, convolutions, a recurrent part, a pool.

A time series goes into the convolutions as it is. Shapes: N examples, B bands (of a series: channels), C channels,
T steps, D width.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from nas_core.api.space import SearchSpaceSpec
from nas_core.spaces.speech import NAME
from nas_model.networks.attention import DROPOUT, TransformerLayer, feed_forward
from nas_model.networks.log_mel import BANDS, LogMel
from nas_model.networks.sharing import shared_as
from nas_model.networks.sizes import scaled
from nas_model.networks.unsuitable import unsuitable
from nas_model.signature import Inputs, Signature

WIDTH = 16
"""Channels of a convolution at multiple 1, unless the search says others."""
BAND_KERNEL = 3
"""Bands that a convolution over both time and bands sees."""


class Convolutions1d(nn.Module):
    """Convolutions over time, of which each sees all bands."""

    def __init__(self, architecture: Mapping[str, str], bands: int, width: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for place in range(int(architecture["conv.layers"])):
            kernel, stride, channels = _convolution(architecture, place, width)
            layers += [
                nn.Conv1d(bands, channels, kernel, stride, padding=kernel // 2, bias=False),
                nn.BatchNorm1d(channels),
                nn.ReLU(),
            ]
            bands = channels
        self.layers = nn.Sequential(*layers)
        self.width = bands

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, B, T) to (N, T', D)."""
        out: Tensor = self.layers(x)  # (N, D, T')
        return out.transpose(1, 2)


class Convolutions2d(nn.Module):
    """Convolutions over bands and time; each halves the bands."""

    def __init__(self, architecture: Mapping[str, str], bands: int, width: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before = 1
        for place in range(int(architecture["conv.layers"])):
            kernel, stride, channels = _convolution(architecture, place, width)
            shape, padding = (BAND_KERNEL, kernel), (BAND_KERNEL // 2, kernel // 2)
            layers += [
                nn.Conv2d(before, channels, shape, (2, stride), padding, bias=False),
                nn.BatchNorm2d(channels),
                nn.ReLU(),
            ]
            before, bands = channels, math.ceil(bands / 2)
        self.layers = nn.Sequential(*layers)
        self.width = before * bands

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, B, T) to (N, T', C * B'), the bands that are left of all channels in a row."""
        out: Tensor = self.layers(x.unsqueeze(1))  # (N, C, B', T')
        return out.flatten(1, 2).transpose(1, 2)


def _convolution(architecture: Mapping[str, str], place: int, width: int) -> tuple[int, int, int]:
    """Return kernel, stride and channels of a convolution."""
    kernel, stride = (int(architecture[f"conv.{place}.{name}"]) for name in ("kernel", "stride"))
    return kernel, stride, scaled(width, architecture[f"conv.{place}.width"])


class Recurrent(nn.Module):
    """LSTM or GRU layers."""

    def __init__(self, architecture: Mapping[str, str], inputs: int, hidden: int) -> None:
        super().__init__()
        layers, directions = int(architecture["seq.layers"]), int(architecture["seq.directions"])
        kind = nn.LSTM if architecture["seq.kind"] == "lstm" else nn.GRU
        dropout = DROPOUT if layers > 1 else 0.0  # it lies between the layers
        self.layers = kind(inputs, hidden, layers, batch_first=True, dropout=dropout, bidirectional=directions == 2)
        self.width = hidden * directions

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, T, inputs) to (N, T, D)."""
        out: Tensor = self.layers(x)[0]  # of every step; [1] would be the last states
        return out


class AttentionLayers(nn.Module):
    """Transformer layers that know the steps' places."""

    def __init__(self, architecture: Mapping[str, str], inputs: int, width: int) -> None:
        super().__init__()
        heads = int(architecture["seq.heads"])
        self.into = nn.Linear(inputs, width)
        self.layers = nn.Sequential(
            *(
                TransformerLayer(width, heads, feed_forward(width, 4 * width))
                for _ in range(int(architecture["seq.layers"]))
            )
        )
        self.norm = nn.LayerNorm(width)
        self.width = width

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, T, inputs) to (N, T, D)."""
        x = self.into(x)  # (N, T, D)
        out: Tensor = self.norm(self.layers(x + places(x.shape[1], self.width, x.device).to(x.dtype)))
        return out


def places(steps: int, width: int, device: torch.device) -> Tensor:
    """Return a vector for each step, sines and cosines of it (Vaswani et al. 2017, section 3.5); shape (T, D)."""
    # From one turn every 2 pi steps to one every 10,000 * 2 pi, evenly spaced in the logarithm.
    rates = 10_000 ** (-torch.arange(0, width, 2, device=device) / width)
    angles = torch.arange(steps, device=device).unsqueeze(1) * rates
    return torch.cat([angles.sin(), angles.cos()], 1)


class Pool(nn.Module):
    """Mean, maximum, or a mean whose weights the steps give themselves (Okabe et al. 2018, arXiv:1803.10963)."""

    def __init__(self, kind: str, width: int) -> None:
        super().__init__()
        self.kind = kind
        self.weigh = nn.Linear(width, 1) if kind == "attention" else None

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, T, D) to (N, D)."""
        if self.weigh is not None:
            weights: Tensor = self.weigh(x).softmax(1)  # (N, T, 1), over the steps
            return (x * weights).sum(1)
        return x.amax(1) if self.kind == "max" else x.mean(1)


class SpeechNetwork(nn.Module):
    """The whole network, from sound or a series to outputs."""

    def __init__(self, architecture: Mapping[str, str], signature: Signature, width: int) -> None:
        super().__init__()
        self.front: LogMel | None = None
        if signature.audio is not None:
            self.front, bands = LogMel(signature.audio.rate), BANDS
        elif signature.series is not None:
            bands = signature.series.channels
        else:
            raise unsuitable(NAME, "sound or time series", signature)
        convolutions = Convolutions1d if architecture["conv.kind"] == "1d" else Convolutions2d
        self.convolutions = shared_as(convolutions(architecture, bands, width), architecture["conv.kind"])
        self.sequence: Recurrent | AttentionLayers | None = None
        if architecture["seq.kind"] != "none":
            sequence = AttentionLayers if architecture["seq.kind"] == "attention" else Recurrent
            made = sequence(architecture, self.convolutions.width, scaled(width, architecture["seq.width"]))
            self.sequence = shared_as(made, architecture["seq.kind"])
        last = self.sequence or self.convolutions
        self.pool = Pool(architecture["pool"], last.width)
        self.dropout = nn.Dropout(DROPOUT)
        self.head = nn.Linear(last.width, signature.outputs)

    def forward(self, inputs: Inputs) -> Tensor:
        """Return the outputs (N, outputs) of ``audio`` or, where there is none, of ``series``."""
        x = self.convolutions(inputs["series"] if self.front is None else self.front(inputs["audio"]))  # (N, T', D)
        if self.sequence is not None:
            x = self.sequence(x)
        out: Tensor = self.head(self.dropout(self.pool(x)))
        return out


def build(spec: SearchSpaceSpec, architecture: Mapping[str, str], signature: Signature) -> nn.Module:
    """Return the network of an architecture.

    Raises:
        CandidateRejected: if the data has neither sound nor series.
    """
    return SpeechNetwork(architecture, signature, spec.width or WIDTH)
