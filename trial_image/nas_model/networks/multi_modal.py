"""Networks of `nas_core.spaces.multi_modal`: an encoder a modality, a fusion, a linear layer."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn

from nas_core.api.space import SearchSpaceSpec
from nas_core.spaces.multi_modal import FUSION, MODALITIES, NAME, part
from nas_model.networks.fusion import make_fusion
from nas_model.networks.modalities import ImageModality, TabularModality, TextModality
from nas_model.networks.sizes import scaled
from nas_model.networks.unsuitable import unsuitable
from nas_model.signature import Inputs, Signature

WIDTH = 32
"""Width of encoders and fusion at multiple 1, unless the search says another."""


class MultiModalNetwork(nn.Module):
    """The whole network, from the inputs of all modalities to outputs."""

    def __init__(self, architecture: Mapping[str, str], encoders: Mapping[str, nn.Module], outputs: int, width: int):
        super().__init__()
        self.encoders = nn.ModuleDict(encoders)
        widths, summaries = (
            [int(getattr(encoder, name)) for encoder in encoders.values()] for name in ("width", "summary_width")
        )
        decided = part(architecture, FUSION)
        self.fusion = make_fusion(decided, widths, summaries, scaled(width, decided["width"]))
        self.head = nn.Linear(int(self.fusion.width), outputs)  # type: ignore[arg-type]

    def forward(self, inputs: Inputs) -> Tensor:
        """Return the outputs (N, outputs) of the inputs of all modalities."""
        out: Tensor = self.head(self.fusion([encoder(inputs) for encoder in self.encoders.values()]))
        return out


def build(spec: SearchSpaceSpec, architecture: Mapping[str, str], signature: Signature) -> nn.Module:
    """Return the network of an architecture.

    Raises:
        CandidateRejected: if the data lacks a modality that the space has.
    """
    width = spec.width or WIDTH
    encoders: dict[str, nn.Module] = {}
    wanted = [name for name in MODALITIES if name in (spec.modalities or MODALITIES)]
    for name in wanted:
        decided = part(architecture, name)
        match name:
            case "image" if signature.image:
                encoders[name] = ImageModality(decided, signature.image, width)
            case "text" if signature.text:
                encoders[name] = TextModality(decided, signature.text, width)
            case "tabular" if signature.table:
                encoders[name] = TabularModality(decided, signature.table, width)
            case _:
                needs = f"{', '.join(wanted)} (searchSpace.modalities: leave out what the data lacks)"
                raise unsuitable(NAME, needs, signature)
    return MultiModalNetwork(architecture, encoders, signature.outputs, width)
