"""Networks for sound and time series: convolutions, then a recurrent part or attention, then a pool over time.

The shape is that of Deep Speech 2 (Amodei et al., ICML 2016, arXiv:1512.02595: one to three convolutions over time
or over time and frequency, then recurrent layers of one or two directions) and of CRDNN (Ravanelli et al.,
"SpeechBrain", 2021, arXiv:2106.04624). What is decided is what architecture searches for speech decide: kernels, widths
and strides of the convolutions (Mo et al., "Neural Architecture Search for Keyword Spotting", Interspeech 2020,
arXiv:2009.00165) and what follows them. The network is in `nas_model.networks.speech`.
"""

from __future__ import annotations

from nas_core.spaces.base import SearchSpace
from nas_core.spaces.decisions import Choice, Decision, Integer, when

NAME = "speech-cnn-rnn"
DEPTH = 3
"""Convolutions at most, unless the search says more."""
MOST_CONVOLUTIONS = 16
"""More would not fit the text of an architecture."""


class SpeechCnnRnn(SearchSpace):
    """``conv.*``, the convolutions; ``seq.*``, what follows them; ``pool``. Widths are multiples of ``spec.width``."""

    def __init__(self, depth: int | None = None) -> None:
        depth = depth or DEPTH
        if depth > MOST_CONVOLUTIONS:
            raise ValueError(
                f"searchSpace.depth is {depth}; {NAME} has at most {MOST_CONVOLUTIONS} convolutions, lower it"
            )
        decisions: list[Decision] = [Choice("conv.kind", ("1d", "2d")), Integer("conv.layers", 1, depth)]
        for place in range(depth):
            layer, there = f"conv.{place}", when("conv.layers", *range(place + 1, depth + 1))
            decisions += [
                Choice(f"{layer}.kernel", ("3", "5", "9"), when=there),
                Choice(f"{layer}.width", ("0.5", "1", "2"), when=there),
                Choice(f"{layer}.stride", ("1", "2"), when=there),
            ]
        followed = when("seq.kind", "lstm", "gru", "attention")
        decisions += [
            Choice("seq.kind", ("none", "lstm", "gru", "attention")),
            Integer("seq.layers", 1, 3, when=followed),
            Choice("seq.width", ("1", "2", "4"), when=followed),
            Choice("seq.directions", ("1", "2"), when=when("seq.kind", "lstm", "gru")),
            Choice("seq.heads", ("1", "2", "4"), when=when("seq.kind", "attention")),
            Choice("pool", ("mean", "max", "attention")),
        ]
        super().__init__(NAME, decisions)
