"""Networks of `nas_core.spaces.bert`: BERT as published, without the parts that an architecture leaves out.

Modules have the names of the published weights (Hugging Face's `BertForSequenceClassification`), so that these are
loaded as they are. Shapes: N examples, L tokens, D embedding size. Padding (token 0) never changes the result.
Reference: Devlin et al., "BERT", NAACL 2019, arXiv:1810.04805.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from nas_core.api.space import SearchSpaceSpec
from nas_core.spaces.bert import NAME, kept
from nas_model.errors import CandidateRejected
from nas_model.networks.unsuitable import unsuitable
from nas_model.signature import Inputs, Signature, TextInput

WIDTH = 128
"""Embedding size unless the search says another: that of BERT-tiny; BERT-base has 768."""
HEAD_WIDTH = 64
RATIO = 4
"""The feed-forward part is so many times wider inside."""
POSITIONS = 512
EPSILON, DROPOUT, DEVIATION = 1e-12, 0.1, 0.02


class Embeddings(nn.Module):
    """Words, places and the kind of the sentence, added up."""

    def __init__(self, vocabulary: int, width: int) -> None:
        super().__init__()
        self.word_embeddings = nn.Embedding(vocabulary, width, padding_idx=0)
        self.position_embeddings = nn.Embedding(POSITIONS, width)
        self.token_type_embeddings = nn.Embedding(2, width)
        self.LayerNorm = nn.LayerNorm(width, EPSILON)  # the name in published files
        self.dropout = nn.Dropout(DROPOUT)

    def forward(self, tokens: Tensor) -> Tensor:
        """Map tokens (N, L) to vectors (N, L, D)."""
        x = self.word_embeddings(tokens) + self.position_embeddings.weight[: tokens.shape[1]]
        # A classified text is one sentence: all of it is of kind 0.
        out: Tensor = self.dropout(self.LayerNorm(x + self.token_type_embeddings.weight[0]))
        return out


class SelfAttention(nn.Module):
    """Multi-head attention, without the projection after it."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.heads = width // HEAD_WIDTH
        self.query, self.key, self.value = (nn.Linear(width, width) for _ in range(3))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Map (N, L, D) to the same shape; ``mask`` (N, L) is true where a token is."""
        q, k, v = (
            part(x).unflatten(2, (self.heads, HEAD_WIDTH)).transpose(1, 2)
            for part in (self.query, self.key, self.value)
        )  # each (N, heads, L, 64)
        seen = functional.scaled_dot_product_attention(
            q, k, v, attn_mask=mask[:, None, None], dropout_p=DROPOUT if self.training else 0.0
        )
        return seen.transpose(1, 2).flatten(2)


class AddAndNorm(nn.Module):
    """A linear layer whose result is added to what was there before, normalised after that."""

    def __init__(self, inside: int, width: int) -> None:
        super().__init__()
        self.dense = nn.Linear(inside, width)
        self.LayerNorm = nn.LayerNorm(width, EPSILON)
        self.dropout = nn.Dropout(DROPOUT)

    def forward(self, x: Tensor, before: Tensor) -> Tensor:
        """Map (N, L, inside) and (N, L, D) to (N, L, D)."""
        out: Tensor = self.LayerNorm(before + self.dropout(self.dense(x)))
        return out


class Attention(nn.Module):
    """The attention part of a layer."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.self = SelfAttention(width)
        self.output = AddAndNorm(width, width)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Map (N, L, D) to the same shape; ``mask`` (N, L) is true where a token is."""
        out: Tensor = self.output(self.self(x, mask), x)
        return out


class Intermediate(nn.Module):
    """The first half of the feed-forward part."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.dense = nn.Linear(width, RATIO * width)
        # A module, not a function: proxies look for rectifiers among modules.
        self.activation = nn.GELU()

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, L, D) to (N, L, 4 D)."""
        out: Tensor = self.activation(self.dense(x))
        return out


class Layer(nn.Module):
    """A layer, or what is left of it."""

    def __init__(self, width: int, keep: str) -> None:
        super().__init__()
        self.attention = Attention(width) if keep != "feed-forward" else None
        self.intermediate = Intermediate(width) if keep != "attention" else None
        self.output = AddAndNorm(RATIO * width, width) if keep != "attention" else None

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Map (N, L, D) to the same shape; ``mask`` (N, L) is true where a token is."""
        if self.attention is not None:
            x = self.attention(x, mask)
        if self.intermediate is not None and self.output is not None:
            x = self.output(self.intermediate(x), x)
        return x


class Encoder(nn.Module):
    """The layers."""

    def __init__(self, width: int, layers: list[str]) -> None:
        super().__init__()
        self.layer = nn.ModuleList(Layer(width, keep) for keep in layers)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Map (N, L, D) to the same shape."""
        for layer in self.layer:
            x = layer(x, mask)
        return x


class Pooler(nn.Module):
    """What the first token, which stands for the whole text, has gathered."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.dense = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, L, D) to (N, D)."""
        return torch.tanh(self.dense(x[:, 0]))


class Bert(nn.Module):
    """From tokens to one vector a text."""

    def __init__(self, vocabulary: int, width: int, layers: list[str]) -> None:
        super().__init__()
        self.embeddings = Embeddings(vocabulary, width)
        self.encoder = Encoder(width, layers)
        self.pooler = Pooler(width)

    def forward(self, tokens: Tensor) -> Tensor:
        """Map tokens (N, L) to (N, D)."""
        mask = tokens != 0
        # Of an empty text the first place counts as a token, so that there is something to attend to.
        mask[:, 0] = True
        out: Tensor = self.pooler(self.encoder(self.embeddings(tokens), mask))
        return out


class BertNetwork(nn.Module):
    """The whole network, from tokens to outputs."""

    def __init__(self, architecture: Mapping[str, str], text: TextInput, outputs: int, width: int) -> None:
        super().__init__()
        self.bert = Bert(text.vocabulary, width, kept(architecture))
        self.dropout = nn.Dropout(DROPOUT)
        self.classifier = nn.Linear(width, outputs)
        self.apply(_initialise)

    def forward(self, inputs: Inputs) -> Tensor:
        """Return the outputs (N, outputs) of ``text``."""
        out: Tensor = self.classifier(self.dropout(self.bert(inputs["text"])))
        return out


def build(spec: SearchSpaceSpec, architecture: Mapping[str, str], signature: Signature) -> nn.Module:
    """Return the network of an architecture.

    Raises:
        CandidateRejected: if the data has no text, or texts are longer than what the network takes.
    """
    if signature.text is None:
        raise unsuitable(NAME, "text", signature)
    if signature.text.length > POSITIONS:
        raise CandidateRejected(
            "SpecInvalid",
            f"task.dataset.text.length {signature.text.length}: {NAME} has {POSITIONS} positions, give at most that",
        )
    return BertNetwork(architecture, signature.text, signature.outputs, spec.width or WIDTH)


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Linear | nn.Embedding):
        nn.init.normal_(module.weight, std=DEVIATION)
    if isinstance(module, nn.Linear):
        nn.init.zeros_(module.bias)
