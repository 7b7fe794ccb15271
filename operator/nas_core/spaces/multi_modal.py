"""Images, texts and tables together: an encoder for each input, and the fusion of the encoders.

The encoders of texts and tables are those of `nas_core.spaces.text_transformer` and `nas_core.spaces.tabular`, that of
images is a stack of small convolution stages. To search the fusion as well: Pérez-Rúa et al., "MFAS: Multimodal Fusion
Architecture Search", CVPR 2019, arXiv:1903.06496. The ways of fusion: early and late as in the survey of Baltrušaitis
et al., TPAMI 2019, arXiv:1705.09406; gated: Arevalo et al., "Gated Multimodal Units for Information Fusion", 2017,
arXiv:1702.01992; cross-attention: Tsai et al., "Multimodal Transformer for Unaligned Multimodal Language Sequences",
ACL 2019, arXiv:1906.00295. The networks are in `nas_model.networks.multi_modal`.
"""

from __future__ import annotations

from collections.abc import Sequence

from nas_core.spaces import tabular, text_transformer
from nas_core.spaces.base import Architecture, SearchSpace
from nas_core.spaces.decisions import Choice, Decision, Integer, when

NAME = "multi-modal"
DEPTH = 3
"""Layers of each encoder at most, unless the search says more."""
MOST_LAYERS = 8
"""More would not fit the text of an architecture."""
MODALITIES = ("image", "text", "tabular")
FUSION = "fusion"


class MultiModal(SearchSpace):
    """``image.*``, ``text.*``, ``tabular.*`` and ``fusion.*``. The order of ``modalities`` means nothing."""

    def __init__(self, modalities: Sequence[str] | None = None, depth: int | None = None) -> None:
        depth = depth or DEPTH
        if depth > MOST_LAYERS:
            raise ValueError(
                f"searchSpace.depth is {depth}; encoders of {NAME} have at most {MOST_LAYERS} layers, lower it"
            )
        self.modalities = tuple(name for name in MODALITIES if name in (modalities or MODALITIES))
        encoders = {"image": image_encoder, "text": text_transformer.encoder, "tabular": tabular.encoder}
        parts = {name: encoders[name](depth) for name in self.modalities} | {FUSION: _fusion()}
        super().__init__(NAME, [d.prefixed(f"{name}.") for name, decisions in parts.items() for d in decisions])


def part(architecture: Architecture, name: str) -> dict[str, str]:
    """Return the decisions of one modality or of the fusion, without its name."""
    prefix = f"{name}."
    return {key.removeprefix(prefix): value for key, value in architecture.items() if key.startswith(prefix)}


def image_encoder(depth: int) -> list[Decision]:
    """Return the decisions of a stack of at most ``depth`` stages, each of which halves the image."""
    decisions: list[Decision] = [Integer("layers", 1, depth)]
    for place in range(depth):
        layer, there = f"layer.{place}", when("layers", *range(place + 1, depth + 1))
        decisions += [
            Choice(f"{layer}.op", ("conv", "sepconv", "residual"), when=there),
            Choice(f"{layer}.kernel", ("3", "5"), when=there),
            Choice(f"{layer}.width", ("0.25", "0.5", "1"), when=there),
        ]
    return decisions


def _fusion() -> list[Decision]:
    transformer = when("kind", "early", "cross-attention")
    return [
        Choice("kind", ("late", "early", "gated", "cross-attention")),
        Choice("width", ("0.5", "1", "2")),
        Choice("late", ("average", "concat"), when=when("kind", "late")),
        Integer("layers", 1, 2, when=transformer),
        Choice("heads", ("1", "2", "4", "8"), when=transformer),
    ]
