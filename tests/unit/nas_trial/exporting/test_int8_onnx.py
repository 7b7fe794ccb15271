from __future__ import annotations

from collections import Counter

import onnx
import pytest
import torch
from tests.support.deployable import DEPLOYABLE
from torch import nn

from nas_trial.exporting import int8_onnx
from nas_trial.exporting.deployed import DeployedNetwork
from nas_trial.exporting.source import Source


def test_weights_are_bytes_with_a_scale_for_each_channel() -> None:
    model = onnx.load_from_string(int8_onnx.make(DEPLOYABLE["mobilenet"].source()))
    kinds = Counter(
        tensor.data_type for tensor in model.graph.initializer if len(tensor.dims) == 4 and tensor.dims[0] > 1
    )
    assert kinds[onnx.TensorProto.INT8] > 3 and not kinds[onnx.TensorProto.FLOAT]


def test_spectrograms_stay_in_float32() -> None:
    """Eight bits do not hold the powers of sounds: with them outputs were off by more than their spread."""
    model = onnx.load_from_string(int8_onnx.make(DEPLOYABLE["speech"].source()))
    filters = [tensor for tensor in model.graph.initializer if tensor.name.endswith("filters")]
    assert [tensor.data_type for tensor in filters] == [onnx.TensorProto.FLOAT]


class Mean(nn.Module):
    def forward(self, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
        return inputs["image"].mean((2, 3))


def test_a_network_with_nothing_to_quantise_is_refused() -> None:
    case = DEPLOYABLE["image"]
    source = Source(DeployedNetwork(Mean(), case.preprocessing).eval(), [case.raw(4)])
    with pytest.raises(ValueError, match="no Conv, Gemm, MatMul with fixed weights"):
        int8_onnx.make(source)
