"""Encoders of texts whose layers mix the words by attention or by convolution, or not at all.

Each layer may be of another kind, as in NAS-BERT (Xu et al., "NAS-BERT: Task-Agnostic and Adaptive-Size BERT
Compression with Neural Architecture Search", KDD 2021, arXiv:2105.14444: attention, feed-forward and separable
convolutions of kernel 3, 5 and 7, hidden sizes, identity). Heads, feed-forward ratio and number of layers are decided
as in AutoTinyBERT (Yin et al., ACL 2021, arXiv:2107.13686); that convolutions and attention belong side by side is
also what the Evolved Transformer found (So et al., ICML 2019, arXiv:1901.11117). The network is in
`nas_model.networks.text_transformer`.
"""

from __future__ import annotations

from nas_core.spaces.base import SearchSpace
from nas_core.spaces.decisions import Choice, Decision, Integer, when

NAME = "text-transformer"
DEPTH = 4
"""Layers at most, unless the search says more."""
MOST_LAYERS = 24
"""As many as NAS-BERT has; more would not fit the text of an architecture."""
EMBEDDINGS = ("0.5", "1", "1.5", "2")
"""Sizes of the embedding, as multiples of ``spec.width``."""


class TextTransformer(SearchSpace):
    """``embedding`` (a multiple of the width), ``layers``, and for each layer ``op`` and what it needs."""

    def __init__(self, depth: int | None = None) -> None:
        super().__init__(NAME, encoder(depth or DEPTH))


def encoder(depth: int) -> list[Decision]:
    """Return the decisions of an encoder of at most ``depth`` layers.

    Raises:
        ValueError: if there are too many of them.
    """
    if depth > MOST_LAYERS:
        raise ValueError(f"searchSpace.depth is {depth}; {NAME} has at most {MOST_LAYERS} layers, lower it")
    decisions: list[Decision] = [Choice("embedding", EMBEDDINGS), Integer("layers", 1, depth)]
    for place in range(depth):
        layer, there = f"layer.{place}", when("layers", *range(place + 1, depth + 1))
        decisions += [
            Choice(f"{layer}.op", ("attention", "sepconv", "ffn"), when=there),
            # These two wait for op alone, which itself waits for the layer.
            Choice(f"{layer}.heads", ("1", "2", "4", "8"), when=when(f"{layer}.op", "attention")),
            Choice(f"{layer}.kernel", ("3", "5", "7"), when=when(f"{layer}.op", "sepconv")),
            Choice(f"{layer}.ratio", ("1", "2", "4"), when=there),
        ]
    return decisions
