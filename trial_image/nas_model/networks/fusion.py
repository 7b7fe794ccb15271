"""Ways to put together what encoders have seen; the papers are named in `nas_core.spaces.multi_modal`.

Each maps one `Encoded` a modality to one vector (N, D) an example. Shapes: N examples, L vectors of an example, D
width of the fusion, M modalities.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from nas_model.networks.attention import DROPOUT, Attention, TransformerLayer, feed_forward, masked_mean
from nas_model.networks.columns import column_parameter
from nas_model.networks.modalities import Encoded


class Late(nn.Module):
    """The modalities' summaries side by side; mixed by one more layer, or not until the outputs.

    Without the layer, a linear layer of the outputs is the average of one such layer a modality.
    """

    def __init__(self, widths: Sequence[int], width: int, mixed: bool) -> None:
        super().__init__()
        self.into = nn.ModuleList(nn.Linear(wide, width) for wide in widths)
        mix = nn.Sequential(nn.Linear(len(widths) * width, width), nn.ReLU())
        self.mix = mix if mixed else nn.Identity()
        self.width = width if mixed else len(widths) * width

    def forward(self, seen: Sequence[Encoded]) -> Tensor:
        """Return (N, D), or (N, M * D) without the layer."""
        x = torch.cat([into(one.summary).relu() for into, one in zip(self.into, seen, strict=True)], 1)
        out: Tensor = self.mix(x)
        return out


class Gated(nn.Module):
    """A gated multimodal unit: each modality is let through as far as all of them together say."""

    def __init__(self, widths: Sequence[int], width: int) -> None:
        super().__init__()
        self.into = nn.ModuleList(nn.Linear(wide, width) for wide in widths)
        self.gates = nn.Linear(sum(widths), len(widths) * width)
        self.width = width

    def forward(self, seen: Sequence[Encoded]) -> Tensor:
        """Return (N, D)."""
        values = torch.cat([into(one.summary) for into, one in zip(self.into, seen, strict=True)], 1).tanh()
        gates: Tensor = self.gates(torch.cat([one.summary for one in seen], 1)).sigmoid()
        return (values * gates).reshape(-1, len(seen), self.width).sum(1)


class TokenProjection(nn.Module):
    """Brings the vectors of all modalities to one width, each with a mark of its modality."""

    def __init__(self, widths: Sequence[int], width: int) -> None:
        super().__init__()
        self.into = nn.ModuleList(nn.Linear(wide, width) for wide in widths)
        self.marks = column_parameter(width, len(widths), width)

    def forward(self, seen: Sequence[Encoded]) -> list[tuple[Tensor, Tensor]]:
        """Return of each modality the vectors (N, L, D) and the mask (N, L)."""
        projected = []
        for place, (into, one) in enumerate(zip(self.into, seen, strict=True)):
            mask = one.tokens.new_ones(one.tokens.shape[:2], dtype=torch.bool) if one.mask is None else one.mask
            projected.append((into(one.tokens) + self.marks[place], mask))
        return projected


def mean_of_each(tokens: Sequence[tuple[Tensor, Tensor]]) -> Tensor:
    """Return the sum (N, D) over the modalities of the means of their vectors (N, L, D), those true in the mask (N, L).

    A mean over all vectors together would be that of a text's many words, and the one of a table's row would be lost.
    """
    return torch.stack([masked_mean(x, mask) for x, mask in tokens]).sum(0)


class Early(nn.Module):
    """A transformer over the vectors of all modalities together."""

    def __init__(self, widths: Sequence[int], width: int, layers: int, heads: int) -> None:
        super().__init__()
        self.tokens = TokenProjection(widths, width)
        self.layers = nn.ModuleList(
            TransformerLayer(width, heads, feed_forward(width, 2 * width)) for _ in range(layers)
        )
        self.norm = nn.LayerNorm(width)
        self.width = width

    def forward(self, seen: Sequence[Encoded]) -> Tensor:
        """Return (N, D)."""
        tokens = self.tokens(seen)
        x, mask = torch.cat([x for x, _ in tokens], 1), torch.cat([mask for _, mask in tokens], 1)
        for layer in self.layers:
            x = layer(x, mask)
        lengths = [mask.shape[1] for _, mask in tokens]
        parts = (torch.split(of_all, lengths, 1) for of_all in (self.norm(x), mask))
        return mean_of_each(list(zip(*parts, strict=True)))


class CrossLayer(nn.Module):
    """The vectors of one modality look at those of the others."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm_x, self.norm_c, self.norm_f = (nn.LayerNorm(width) for _ in range(3))
        self.attention, self.feed_forward = Attention(width, heads), feed_forward(width, 2 * width)
        self.dropout = nn.Dropout(DROPOUT)

    def forward(self, x: Tensor, context: Tensor, mask: Tensor) -> Tensor:
        """Map x (N, L, D) to its shape; ``context`` (N, K, D) are the others' vectors, ``mask`` (N, K) theirs."""
        x = x + self.dropout(self.attention(self.norm_x(x), mask, self.norm_c(context)))
        out: Tensor = x + self.dropout(self.feed_forward(self.norm_f(x)))
        return out


class CrossLayers(nn.Module):
    """One layer a modality."""

    def __init__(self, modalities: int, width: int, heads: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(CrossLayer(width, heads) for _ in range(modalities))

    def forward(self, tokens: Sequence[tuple[Tensor, Tensor]]) -> list[tuple[Tensor, Tensor]]:
        """Map the vectors (N, L, D) and masks (N, L) of each modality to the same."""
        attended = []
        for place, (layer, (x, mask)) in enumerate(zip(self.layers, tokens, strict=True)):
            others = [one for other, one in enumerate(tokens) if other != place]
            context, there = torch.cat([x for x, _ in others], 1), torch.cat([mask for _, mask in others], 1)
            attended.append((layer(x, context, there), mask))
        return attended


class CrossAttention(nn.Module):
    """Layers in which each modality looks at the others; their means are added up."""

    def __init__(self, widths: Sequence[int], width: int, layers: int, heads: int) -> None:
        super().__init__()
        self.tokens = TokenProjection(widths, width)
        self.layers = nn.ModuleList(CrossLayers(len(widths), width, heads) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.width = width

    def forward(self, seen: Sequence[Encoded]) -> Tensor:
        """Return (N, D)."""
        tokens = self.tokens(seen)
        for layer in self.layers:
            tokens = layer(tokens)
        out: Tensor = self.norm(mean_of_each(tokens))
        return out


def make_fusion(
    architecture: Mapping[str, str], widths: Sequence[int], summaries: Sequence[int], width: int
) -> nn.Module:
    """Return the fusion that the decisions, without their prefix, ask for; its ``width`` is that of what it returns.

    ``widths`` are those of the encoders' vectors, ``summaries`` those of their summaries.
    """
    kind = architecture["kind"]
    if kind == "late":
        return Late(summaries, width, mixed=architecture["late"] == "concat")
    if kind == "gated":
        return Gated(summaries, width)
    layers, heads = int(architecture["layers"]), int(architecture["heads"])
    return (Early if kind == "early" else CrossAttention)(widths, width, layers, heads)
