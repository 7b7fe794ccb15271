"""Networks of `nas_core.spaces.text_transformer`: word and place embeddings, layers of several kinds, a masked mean.

Shapes: N examples, L tokens, D embedding size. Padding (token 0) never changes the result: attention does not look at
it, convolutions see zeros there as beyond the end, and the mean leaves it out.
"""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn

from nas_core.api.space import SearchSpaceSpec
from nas_core.spaces.text_transformer import NAME
from nas_model.networks.attention import DROPOUT, Attention, feed_forward, masked_mean
from nas_model.networks.sharing import shared_as
from nas_model.networks.sizes import scaled
from nas_model.networks.unsuitable import unsuitable
from nas_model.signature import Inputs, Signature, TextInput

WIDTH = 32
"""Embedding size at multiple 1, unless the search says another."""


class SeparableConvolution(nn.Module):
    """A convolution of each channel over its neighbours, then one over the channels."""

    def __init__(self, width: int, kernel: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv1d(width, width, kernel, padding=kernel // 2, groups=width, bias=False)
        self.pointwise = nn.Linear(width, width)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Map (N, L, D) to the same shape; ``mask`` (N, L) is true where a token is."""
        x = (x * mask.unsqueeze(-1)).transpose(1, 2)
        out: Tensor = self.pointwise(self.depthwise(x).transpose(1, 2))
        return out


class EncoderLayer(nn.Module):
    """Attention, a separable convolution or nothing, then feed-forward; each with a residual way around."""

    def __init__(self, architecture: Mapping[str, str], layer: str, width: int) -> None:
        super().__init__()
        self.mix: nn.Module | None = None
        match architecture[f"{layer}.op"]:
            case "attention":
                self.mix = shared_as(Attention(width, int(architecture[f"{layer}.heads"])), "attention")
            case "sepconv":
                self.mix = shared_as(SeparableConvolution(width, int(architecture[f"{layer}.kernel"])), "sepconv")
        self.norm_m = nn.LayerNorm(width) if self.mix else None
        self.norm_f = nn.LayerNorm(width)
        self.feed_forward = feed_forward(width, width * int(architecture[f"{layer}.ratio"]))
        self.dropout = nn.Dropout(DROPOUT)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Map (N, L, D) to the same shape; ``mask`` (N, L) is true where a token is."""
        if self.mix is not None and self.norm_m is not None:
            x = x + self.dropout(self.mix(self.norm_m(x), mask))
        out: Tensor = x + self.dropout(self.feed_forward(self.norm_f(x)))
        return out


class TextEncoder(nn.Module):
    """From tokens to one vector a token."""

    def __init__(self, architecture: Mapping[str, str], text: TextInput, width: int) -> None:
        super().__init__()
        self.width = scaled(width, architecture["embedding"])
        self.words = nn.Embedding(text.vocabulary, self.width, padding_idx=0)
        self.places = nn.Embedding(text.length, self.width)
        for table in (self.words, self.places):
            nn.init.normal_(table.weight, std=self.width**-0.5)
        nn.init.zeros_(self.words.weight[0].detach())
        self.dropout = nn.Dropout(DROPOUT)
        self.layers = nn.ModuleList(
            EncoderLayer(architecture, f"layer.{place}", self.width) for place in range(int(architecture["layers"]))
        )
        self.norm = nn.LayerNorm(self.width)

    def forward(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Map tokens (N, L) to vectors (N, L, D) and the mask (N, L), true where a token is.

        Of an empty text the first place counts as a token, so that there is something to attend to.
        """
        mask = tokens != 0
        mask[:, 0] = True
        x = self.dropout(self.words(tokens) + self.places.weight[: tokens.shape[1]])
        for layer in self.layers:
            x = layer(x, mask)
        return self.norm(x), mask


class TextTransformerNetwork(nn.Module):
    """The whole network, from tokens to outputs."""

    def __init__(self, architecture: Mapping[str, str], text: TextInput, outputs: int, width: int) -> None:
        super().__init__()
        self.encoder = TextEncoder(architecture, text, width)
        self.head = nn.Linear(self.encoder.width, outputs)

    def forward(self, inputs: Inputs) -> Tensor:
        """Return the outputs (N, outputs) of ``text``."""
        out: Tensor = self.head(masked_mean(*self.encoder(inputs["text"])))
        return out


def build(spec: SearchSpaceSpec, architecture: Mapping[str, str], signature: Signature) -> nn.Module:
    """Return the network of an architecture.

    Raises:
        CandidateRejected: if the data has no text.
    """
    if signature.text is None:
        raise unsuitable(NAME, "text", signature)
    return TextTransformerNetwork(architecture, signature.text, signature.outputs, spec.width or WIDTH)
