"""ONNX: one file, for batches of any size."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nas_trial.exporting.deployed import Raw
from nas_trial.exporting.source import Runner, Source

if TYPE_CHECKING:  # takes a second
    import onnx

OPSET = 20
"""Of the operators: ONNX 1.15 (2023), which ONNX Runtime 1.17 and newer run."""
BATCH = "batch"
"""Name of the dimension that may have any size."""


# The quantised file is made from it too.
@lru_cache(maxsize=1)
def make(source: Source) -> bytes:
    """Return the file.

    Raises:
        Exception: if an operator has no form in ONNX, or the file has more than 2 GiB.
    """
    import torch.onnx

    network = source.network
    program = torch.onnx.export(
        source.program,
        dynamo=True,
        opset_version=OPSET,
        input_names=list(network.inputs),
        output_names=[network.output],
        verbose=False,
    )
    assert program is not None, "without a file to write, the program is returned"
    model = program.model_proto
    tidy(model)
    content: bytes = model.SerializeToString(deterministic=True)
    return content


def tidy(model: onnx.ModelProto) -> None:
    """Name the free dimension, and remove where in our code each node is from: the same network gives the same file."""
    graph = model.graph
    del graph.value_info[:], graph.metadata_props[:]
    for part in (*graph.node, *graph.input, *graph.output, *graph.initializer):
        del part.metadata_props[:]
    for value in (*graph.input, *graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = BATCH


def opened(content: bytes) -> Runner:
    """Return what runs a file: ONNX Runtime, on one thread of the CPU."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3  # errors
    session: Any = onnxruntime.InferenceSession(content, options, ["CPUExecutionProvider"])

    def run(raw: Raw) -> NDArray[np.generic]:
        outputs: NDArray[np.generic] = session.run(None, dict(raw))[0]
        return outputs

    return run
