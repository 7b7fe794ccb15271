"""From an architecture to its network: the table of the spaces, each with the ``build`` of its file.

A new space is entered here and in `nas_core.api.space.SpaceName`; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from torch import nn

from nas_core.api.space import SearchSpaceSpec
from nas_core.spaces import DEFAULT, Architecture, ArchitectureError, get_space
from nas_model.errors import CandidateRejected
from nas_model.networks import (
    bert,
    input_cells,
    multi_modal,
    nas_bench_101,
    nas_bench_201,
    speech,
    stages,
    tabular,
    text_transformer,
)
from nas_model.signature import Signature

Builder = Callable[[SearchSpaceSpec, Architecture, Signature], nn.Module]

BUILDERS: Mapping[str, Builder] = {
    "bert": bert.build,
    "efficientnet": stages.build,
    "hybrid-vision": stages.build,
    "mobilenet": stages.build,
    "mobilenet-v2": stages.build,
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


def build_network(
    spec: SearchSpaceSpec, architecture: Architecture, signature: Signature, *, as_written: bool = False
) -> nn.Module:
    """Return the network of an architecture, from inputs to outputs as the signature says.

    Its weights are drawn from torch's global generator. It has no operations that no input reaches or no output reads,
    unless it is to be ``as_written``; the weights of the others are the same.

    Raises:
        CandidateRejected: if the architecture is not of the space, or the space is for other inputs than the data has.
    """
    try:
        get_space(spec).validate(architecture)
    except ArchitectureError as error:
        raise CandidateRejected("ArchitectureInvalid", str(error)) from error
    network = _builder(spec)(spec, architecture, signature)
    # Only these cells can have such operations; a test tries all spaces.
    if isinstance(network, nas_bench_201.NasBench201Network) and not as_written:
        network.drop_dead()
    return network


def _builder(spec: SearchSpaceSpec) -> Builder:
    if spec.decisions is not None:
        raise CandidateRejected(
            "SpecInvalid",
            "searchSpace.decisions are for a trainer of your own (trialTemplate.image), which this is not; set "
            "searchSpace.name to a ready-made space, or bring an image",
        )
    if spec.cell is not None:
        return nas_bench_201.build if spec.cell.kind == "edges" else input_cells.build
    if spec.stages is not None:
        return stages.build
    name = spec.name or DEFAULT
    if name not in BUILDERS:
        raise CandidateRejected(
            "SpecInvalid",
            f"searchSpace.name {name!r}: this trainer has no network for it, only for {', '.join(sorted(BUILDERS))}; "
            "use the trial image of the operator's version",
        )
    return BUILDERS[name]
