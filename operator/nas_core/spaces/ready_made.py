"""The table of ready-made spaces: a row for each name that a search may give (`SpaceName`).

The networks of each are in the trainer's table, `nas_model.networks.build.BUILDERS`; tests compare both with
`SpaceName`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping

from nas_core.api.space import SearchSpaceSpec
from nas_core.api.space_names import SpaceName
from nas_core.spaces.base import SearchSpace
from nas_core.spaces.bert import Bert
from nas_core.spaces.efficientnet import EFFICIENTNET
from nas_core.spaces.hybrid_vision import HYBRID_VISION
from nas_core.spaces.mobilenet import MOBILENET
from nas_core.spaces.mobilenet_v2 import MOBILENET_V2
from nas_core.spaces.multi_modal import MultiModal
from nas_core.spaces.nas_bench_101 import NasBench101
from nas_core.spaces.nas_bench_201 import NasBench201
from nas_core.spaces.nas_bench_301 import NasBench301
from nas_core.spaces.nasnet import NasNet
from nas_core.spaces.speech import SpeechCnnRnn
from nas_core.spaces.stages import Macro
from nas_core.spaces.stages_space import StagesSpace
from nas_core.spaces.tabular import Tabular
from nas_core.spaces.text_transformer import TextTransformer
from nas_core.spaces.tiny import TINY

DEFAULT: SpaceName = "nas-bench-201"
"""The space of a search that names none."""


@functools.cache
def _nas_bench_201() -> SearchSpace:
    # One object for all searches of any width and depth: it keeps its 6,466 distinct cells once they are enumerated.
    return NasBench201()


def _in_stages(name: SpaceName, macro: Macro, width: int) -> Callable[[SearchSpaceSpec], SearchSpace]:
    return lambda spec: StagesSpace(name, macro.scaled(spec.width or width, spec.depth))


READY_MADE: Mapping[SpaceName, Callable[[SearchSpaceSpec], SearchSpace]] = {
    "bert": lambda spec: Bert(spec.depth),
    "efficientnet": _in_stages("efficientnet", EFFICIENTNET, width=16),
    "hybrid-vision": _in_stages("hybrid-vision", HYBRID_VISION, width=16),
    "mobilenet": _in_stages("mobilenet", MOBILENET, width=16),
    "mobilenet-v2": _in_stages("mobilenet-v2", MOBILENET_V2, width=16),
    "nas-bench-101": lambda _: NasBench101(),
    "nas-bench-201": lambda _: _nas_bench_201(),
    "nas-bench-301": lambda _: NasBench301(),
    "nasnet": lambda _: NasNet(),
    "multi-modal": lambda spec: MultiModal(spec.modalities, spec.depth),
    "speech-cnn-rnn": lambda spec: SpeechCnnRnn(spec.depth),
    "tabular": lambda spec: Tabular(spec.depth),
    "text-transformer": lambda spec: TextTransformer(spec.depth),
    "tiny": _in_stages("tiny", TINY, width=8),
}
"""Makes the space of a name from the other fields of the spec, such as its depth."""
