"""Encoders of the form of BERT, from which parts are left out: how many layers, and what is left of each.

The whole encoder is one of the architectures, so published weights fit (`evaluation.initFrom`); which layers can go is
what is searched (Sajjad et al. 2023, "On the effect of dropping layers of pre-trained transformer models",
arXiv:2004.03844; heads and feed-forward parts that can go: Michel et al. 2019, arXiv:1905.10650). The network is in
`nas_model.networks.bert`. Reference: Devlin et al., "BERT", NAACL 2019, arXiv:1810.04805.
"""

from __future__ import annotations

from nas_core.spaces.base import Architecture, SearchSpace
from nas_core.spaces.decisions import Choice, Decision, Integer, when

NAME = "bert"
DEPTH = 4
"""Layers at most, unless the search says more; BERT-base has 12."""
MOST_LAYERS = 24
KEPT = ("all", "attention", "feed-forward")
"""What is left of a layer."""


class Bert(SearchSpace):
    """``layers``, and for each layer ``keep``.

    Raises:
        ValueError: if there are too many layers.
    """

    def __init__(self, depth: int | None = None) -> None:
        most = depth or DEPTH
        if most > MOST_LAYERS:
            raise ValueError(f"searchSpace.depth is {most}; {NAME} has at most {MOST_LAYERS} layers, lower it")
        decisions: list[Decision] = [Integer("layers", 1, most)]
        for place in range(most):
            there = when("layers", *range(place + 1, most + 1))
            decisions.append(Choice(f"layer.{place}.keep", KEPT, when=there))
        super().__init__(NAME, decisions)


def kept(architecture: Architecture) -> list[str]:
    """Return what is left of each layer, from the first on."""
    return [architecture[f"layer.{place}.keep"] for place in range(int(architecture["layers"]))]
