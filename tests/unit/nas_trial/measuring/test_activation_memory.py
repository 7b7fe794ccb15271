from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from tests.support.one_input import OneInput
from tests.support.published_networks import mobilenet_v2, resnet50
from torch import Tensor, nn

from nas_trial.measuring.activation_memory import peak_activations


class Steps(nn.Module):
    """Runs a function of 8 floats (32 bytes)."""

    def __init__(self, steps: Callable[..., Tensor]) -> None:
        super().__init__()
        self.steps = steps
        self.register_buffer("mixing", torch.ones(8, 8))

    def forward(self, inputs: dict[str, Tensor]) -> Tensor:
        return self.steps(inputs["x"], self.mixing)


def chain(x: Tensor, w: Tensor) -> Tensor:
    return x @ w @ w @ w


def residual(x: Tensor, w: Tensor) -> Tensor:
    return x @ w @ w + x


def elementwise(x: Tensor, w: Tensor) -> Tensor:
    return x.relu().sigmoid() * 2


def elementwise_but_read_again(x: Tensor, w: Tensor) -> Tensor:
    return x.relu() @ w + x


def in_place(x: Tensor, w: Tensor) -> Tensor:
    return (x @ w).relu_().mul_(2)


def unread(x: Tensor, w: Tensor) -> Tensor:
    torch.cat([x, x, x])
    return x @ w


def wider(x: Tensor, w: Tensor) -> Tensor:
    return torch.cat([x, x, x]).sum(0)


@pytest.mark.parametrize(
    ("steps", "tensors"),
    [
        (chain, 2),  # what is read and what is written
        (residual, 3),  # and the shortcut
        (elementwise, 1),
        (elementwise_but_read_again, 3),
        (in_place, 2),
        (unread, 2),
        (wider, 4),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_tensor_lives_from_its_making_to_its_last_reading(steps: Callable[..., Tensor], tensors: int) -> None:
    peak = peak_activations(Steps(steps), {"x": torch.zeros(1, 8)})
    assert peak.as_run == tensors * 32
    assert peak.int8 == tensors * 8


def test_views_take_no_memory() -> None:
    def views(x: Tensor, w: Tensor) -> Tensor:
        return x.view(2, 4).transpose(0, 1)[::2].expand(3, 2, 2)

    assert peak_activations(Steps(views), {"x": torch.zeros(1, 8)}).as_run == 32


def test_whole_numbers_keep_their_width_in_int8() -> None:
    network = nn.Sequential(OneInput("tokens"), nn.Embedding(5, 16))
    peak = peak_activations(network, {"tokens": torch.zeros(1, 3, dtype=torch.int64)})
    assert peak.as_run == 3 * 8 + 4 * 48
    assert peak.int8 == 3 * 8 + 48


def test_a_complex_number_takes_two_bytes_in_int8() -> None:
    def spectrum(x: Tensor, w: Tensor) -> Tensor:
        return torch.fft.fft(x).abs()

    peak = peak_activations(Steps(spectrum), {"x": torch.zeros(1, 8)})
    assert peak.as_run == 8 * 4 + 8 * 8
    assert peak.int8 == 8 + 8 * 2


def test_mobilenet_v2_peaks_where_its_first_wide_block_is_narrowed() -> None:
    # 96 channels of 112 x 112, and the same of 56 x 56 after the depthwise convolution of stride 2.
    peak = peak_activations(mobilenet_v2(), {"image": torch.zeros(1, 3, 224, 224)})
    assert peak.int8 == 96 * 112**2 + 96 * 56**2
    assert peak.as_run == 4 * peak.int8


def test_resnet50_peaks_in_its_first_residual_blocks() -> None:
    # At 64 x 64: the input of the block, the narrow and the wide tensor of its last convolution, at 16 x 16.
    peak = peak_activations(resnet50(), {"image": torch.zeros(1, 3, 64, 64)})
    assert peak.int8 == (256 + 64 + 256) * 16**2
    assert peak.as_run == 4 * peak.int8
