from __future__ import annotations

import itertools
from typing import get_args

import pytest
import torch
from tests.support.cells import operation_parameters
from torch import nn

from nas_core.api.cell import Operation
from nas_core.spaces import nas_bench_301, nasnet
from nas_model.networks.operations import FactorizedReduction, operation
from nas_trial.measuring import measure

OPERATIONS = get_args(Operation)


def test_the_library_has_every_operation_of_the_spaces() -> None:
    assert {*nas_bench_301.OPS, *nasnet.OPS} < set(OPERATIONS)


@pytest.mark.parametrize("name", OPERATIONS)
def test_shapes_and_parameters(name: str) -> None:
    for stride, (height, width) in itertools.product((1, 2), ((8, 8), (5, 7), (1, 2))):
        module = operation(name, 6, stride)
        assert module(torch.randn(2, 6, height, width)).shape == (2, 6, -(-height // stride), -(-width // stride))
        assert measure.parameters(module) == operation_parameters(name, 6, stride)


def test_what_operations_compute() -> None:
    x = torch.randn(2, 4, 6, 6)
    torch.testing.assert_close(operation("skip_connect", 4)(x), x)
    torch.testing.assert_close(operation("none", 4, 2)(x), torch.zeros(2, 4, 3, 3))
    torch.testing.assert_close(operation("avg_pool_3x3", 4)(torch.ones_like(x)), torch.ones_like(x))
    assert operation("max_pool_3x3", 4)(x)[0, 0, 0, 0] == x[0, 0, :2, :2].max()


def test_a_dilated_convolution_sees_every_second_pixel() -> None:
    seen = operation("dil_conv_3x3", 1).train(False)
    assert isinstance(seen, nn.Sequential)
    x = torch.ones(1, 1, 7, 7, requires_grad=True)
    seen(x)[0, 0, 3, 3].backward()
    assert x.grad is not None
    assert {tuple(place) for place in x.grad[0, 0].nonzero().tolist()} <= {(i, j) for i in (1, 3, 5) for j in (1, 3, 5)}


def test_a_factorized_reduction_sees_every_pixel() -> None:
    x = torch.rand(1, 1, 6, 6, requires_grad=True)
    FactorizedReduction(1, 2).eval()(x).abs().sum().backward()
    assert x.grad is not None
    seen = x.grad[0, 0] != 0
    assert seen[::2, ::2].all()
    assert seen[1::2, 1::2].all()


def test_an_unknown_operation_is_an_error() -> None:
    for name in ("conv_9", "sep_conv_3x5", "conv_1x3_7x1"):
        with pytest.raises(ValueError, match=f"unknown operation '{name}'"):
            operation(name, 4)
