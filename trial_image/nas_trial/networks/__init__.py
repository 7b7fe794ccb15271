"""Networks from encodings: one file a family of search spaces, whose ``build`` is entered here."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from nas_core.api.space import SearchSpaceSpec
from nas_core.spaces import DEFAULT, Architecture, ArchitectureError, get_space
from nas_trial.data_signature import Signature
from nas_trial.errors import CandidateRejected
from nas_trial.networks import (
    input_cells,
    multi_modal,
    nas_bench_101,
    nas_bench_201,
    speech,
    stages,
    tabular,
    text_transformer,
)

__all__ = ["build_network"]

_BUILDERS: dict[str, Callable[[SearchSpaceSpec, Architecture, Signature], nn.Module]] = {
    "efficientnet": stages.build,
    "hybrid-vision": stages.build,
    "mobilenet": stages.build,
    "nas-bench-101": nas_bench_101.build,
    "nas-bench-201": nas_bench_201.build,
    "nas-bench-301": input_cells.build,
    "nasnet": input_cells.build,
    "multi-modal": multi_modal.build,
    "speech-cnn-rnn": speech.build,
    "tabular": tabular.build,
    "text-transformer": text_transformer.build,
    "tiny": stages.build,
}


def build_network(spec: SearchSpaceSpec, architecture: Architecture, signature: Signature) -> nn.Module:
    """Return the network of an architecture, from inputs to outputs as the signature says.

    Raises:
        CandidateRejected: if the architecture is not of the space, or the space is for other inputs than the data has.
    """
    try:
        get_space(spec).validate(architecture)
    except ArchitectureError as error:
        raise CandidateRejected("ArchitectureInvalid", str(error)) from error
    if spec.decisions is not None:
        raise CandidateRejected(
            "SpecInvalid",
            "searchSpace.decisions are for a trainer of your own (trialTemplate.image), which this is not; set "
            "searchSpace.name to a ready-made space, or bring an image",
        )
    if spec.cell is not None:
        build = nas_bench_201.build if spec.cell.kind == "edges" else input_cells.build
        return build(spec, architecture, signature)
    if spec.stages is not None:
        return stages.build(spec, architecture, signature)
    return _BUILDERS[spec.name or DEFAULT](spec, architecture, signature)
