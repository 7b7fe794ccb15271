"""Search spaces: what architectures there are, and how to vary them. No torch: the networks are in `nas_trial`."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

from nas_core.api.space import DecisionSpec, SearchSpaceSpec
from nas_core.spaces.base import Architecture, ArchitectureError, SearchSpace
from nas_core.spaces.efficientnet import EFFICIENTNET
from nas_core.spaces.from_spec import decision, own_space
from nas_core.spaces.hybrid_vision import HYBRID_VISION
from nas_core.spaces.joint import JointSpace
from nas_core.spaces.mobilenet import MOBILENET
from nas_core.spaces.multi_modal import MultiModal
from nas_core.spaces.nas_bench_101 import NasBench101
from nas_core.spaces.nas_bench_201 import NasBench201
from nas_core.spaces.nas_bench_301 import NasBench301
from nas_core.spaces.nasnet import NasNet
from nas_core.spaces.spec_cell import own_cell
from nas_core.spaces.spec_stages import own_stages
from nas_core.spaces.speech import SpeechCnnRnn
from nas_core.spaces.stages import Macro
from nas_core.spaces.stages_space import StagesSpace
from nas_core.spaces.tabular import Tabular
from nas_core.spaces.text_transformer import TextTransformer
from nas_core.spaces.tiny import TINY

__all__ = ["DEFAULT", "Architecture", "ArchitectureError", "SearchSpace", "get_space"]

DEFAULT = "nas-bench-201"
"""The space of a search that names none."""

_NAS_BENCH_201 = NasBench201()


def _in_stages(name: str, macro: Macro, width: int) -> Callable[[SearchSpaceSpec], SearchSpace]:
    return lambda spec: StagesSpace(name, macro.scaled(spec.width or width, spec.depth))


_READY_MADE: dict[str, Callable[[SearchSpaceSpec], SearchSpace]] = {
    "efficientnet": _in_stages("efficientnet", EFFICIENTNET, width=16),
    "hybrid-vision": _in_stages("hybrid-vision", HYBRID_VISION, width=16),
    "mobilenet": _in_stages("mobilenet", MOBILENET, width=16),
    "nas-bench-101": lambda _: NasBench101(),
    "nas-bench-201": lambda _: _NAS_BENCH_201,
    "nas-bench-301": lambda _: NasBench301(),
    "nasnet": lambda _: NasNet(),
    "multi-modal": lambda spec: MultiModal(spec.modalities, spec.depth),
    "speech-cnn-rnn": lambda spec: SpeechCnnRnn(spec.depth),
    "tabular": lambda spec: Tabular(spec.depth),
    "text-transformer": lambda spec: TextTransformer(spec.depth),
    "tiny": _in_stages("tiny", TINY, width=8),
}


def get_space(spec: SearchSpaceSpec, hyperparameters: Sequence[DecisionSpec] = ()) -> SearchSpace:
    """Return the space that a search asks for, joined with hyperparameters; the same object for equal specs.

    Raises:
        ValueError: if the user's own decisions do not fit together (the message names the decision), or the depth
            is more than the space has.
    """
    space = _get_space(spec.model_dump_json(exclude={"ref"}, exclude_defaults=True))
    if not hyperparameters:
        return space
    return _joined(space, tuple(decision.model_dump_json(exclude_defaults=True) for decision in hyperparameters))


@functools.lru_cache(maxsize=128)
def _joined(space: SearchSpace, hyperparameters: tuple[str, ...]) -> SearchSpace:
    return JointSpace(space, [decision(DecisionSpec.model_validate_json(text)) for text in hyperparameters])


@functools.lru_cache(maxsize=128)
def _get_space(text: str) -> SearchSpace:
    spec = SearchSpaceSpec.model_validate_json(text)
    if spec.decisions is not None:
        return own_space(spec.decisions)
    if spec.cell is not None:
        return own_cell(spec.cell)
    if spec.stages is not None:
        return own_stages(spec.stages, spec.resolutions, spec.width, spec.depth)
    return _READY_MADE[spec.name or DEFAULT](spec)
