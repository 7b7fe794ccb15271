"""grad_norm, snip, grasp and fisher by hand: one linear unit, squared error, so that all derivatives are known."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from nas_core.spaces.nas_bench_201 import NasBench201
from nas_model.networks.nas_bench_201 import NasBench201Network
from nas_trial.proxies import fisher, grad_norm, grasp, snip


class Unit(nn.Module):
    """y = a x1 + b x2 + c."""

    def __init__(self, a: float, b: float, c: float) -> None:
        super().__init__()
        self.linear = nn.Linear(2, 1)
        with torch.no_grad():
            self.linear.weight.copy_(torch.tensor([[a, b]]))
            self.linear.bias.fill_(c)

    def forward(self, inputs: dict[str, Tensor]) -> Tensor:
        return self.linear(inputs["numeric"])


X = torch.tensor([[1.0, 2.0]])
TARGETS = torch.tensor([3.0])


def half_square(outputs: Tensor, targets: Tensor) -> Tensor:
    return (outputs[:, 0] - targets).square().mean() / 2


def plain_sum(outputs: Tensor, targets: Tensor) -> Tensor:
    return outputs.sum()


# y = 2 - 1 * 2 + 0.5 = 0.5, e = y - 3 = -2.5; dL/dw = e x = (-2.5, -5), the bias is no weight.
UNIT = Unit(2, -1, 0.5)


def test_grad_norm_is_the_length_of_the_gradient() -> None:
    score = grad_norm.score(UNIT, {"numeric": X}, TARGETS, half_square)
    assert score == pytest.approx((2.5**2 + 5**2) ** 0.5)


def test_grad_norm_adds_up_the_norms_of_the_layers() -> None:
    # d(ab)/da = b and d(ab)/db = a for a chain of two weights.
    chain = nn.Sequential(Unit(3, 0, 0), nn.Linear(1, 1, bias=False))
    nn.init.constant_(chain[1].weight, 4)  # type: ignore[arg-type]
    score = grad_norm.score(chain, {"numeric": torch.tensor([[1.0, 0.0]])}, TARGETS, plain_sum)
    assert score == pytest.approx(4 + 3)


def test_snip_is_what_cutting_each_connection_would_change() -> None:
    assert snip.score(UNIT, {"numeric": X}, TARGETS, half_square) == pytest.approx(abs(2 * -2.5) + abs(-1 * -5))


def test_grasp_multiplies_by_the_hessian() -> None:
    # H = x x^T over the weights, so H g = x (x . g), x . g = -2.5 - 10 = -12.5; -w . H g = 12.5 (w . x) = 12.5 * 0.
    assert grasp.score(UNIT, {"numeric": X}, TARGETS, half_square) == pytest.approx(0)
    # With w = (2, 1): y = 4.5, e = 1.5, x . g = 7.5, w . x = 4.
    assert grasp.score(Unit(2, 1, 0.5), {"numeric": X}, TARGETS, half_square) == pytest.approx(-30)


def test_grasp_of_a_loss_without_curvature_is_nought() -> None:
    assert grasp.score(UNIT, {"numeric": X}, TARGETS, plain_sum) == 0


def test_grasp_differentiates_through_attention_and_recurrence_twice() -> None:
    class Sequence(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.attention = nn.TransformerEncoderLayer(4, 2, 8, batch_first=True)
            self.lstm = nn.LSTM(4, 1, batch_first=True)

        def forward(self, inputs: dict[str, Tensor]) -> Tensor:
            return self.lstm(self.attention(inputs["series"]))[0][:, -1]

    torch.manual_seed(0)
    score = grasp.score(Sequence(), {"series": torch.randn(3, 5, 4)}, torch.zeros(3), half_square)
    assert score != 0


def test_fisher_squares_activation_times_gradient() -> None:
    # Two examples: outputs 0.5 and 4.5 for targets 3; the mean halves the gradients -2.5 and 1.5.
    x = torch.tensor([[1.0, 2.0], [1.0, -2.0]])
    # The one channel has two weights.
    expected = 2 * ((0.5 * -1.25) ** 2 + (4.5 * 0.75) ** 2) / 2 / 2
    assert fisher.score(UNIT, {"numeric": x}, torch.tensor([3.0, 3.0]), half_square) == pytest.approx(expected)


@pytest.mark.parametrize("kind", ["convolution", "linear"])
def test_fisher_adds_up_places_before_it_squares(kind: str) -> None:
    class Places(nn.Module):
        """Two channels at three places, each the input times 2 and -1; the outputs are their sum."""

        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Conv1d(1, 2, 1, bias=False) if kind == "convolution" else nn.Linear(1, 2, bias=False)
            with torch.no_grad():
                self.layer.weight.copy_(torch.tensor([2.0, -1.0]).view_as(self.layer.weight))

        def forward(self, inputs: dict[str, Tensor]) -> Tensor:
            series = inputs["series"]
            return self.layer(series if kind == "convolution" else series.transpose(1, 2)).sum((1, 2))

    # Gradients are 1 everywhere: sums over places 2 * 6 and -1 * 6.
    score = fisher.score(Places(), {"series": torch.tensor([[[1.0, 2.0, 3.0]]])}, TARGETS, plain_sum)
    assert score == pytest.approx((12**2 + 6**2) / 2)


def test_fisher_sees_activations_before_they_are_written_over() -> None:
    class Doubled(Unit):
        def forward(self, inputs: dict[str, Tensor]) -> Tensor:
            outputs = super().forward(inputs)
            outputs *= 2
            return outputs

    score = fisher.score(Doubled(2, -1, 0.5), {"numeric": X}, TARGETS, plain_sum)
    assert score == pytest.approx(2 * (0.5 * 2) ** 2 / 2)


def test_fisher_of_a_network_is_that_of_the_published_code() -> None:
    """Of zero-cost-nas (Abdelfattah et al. 2021), `measures/fisher.py`, run on this network and summed."""
    cell = "|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_1x1~1|none~2|"
    network = NasBench201Network(NasBench201().parse(cell), in_channels=3, classes=10, width=4, depth=1).double()
    with torch.no_grad():
        for number, parameter in enumerate(network.parameters()):
            if parameter.dim() > 1:
                waves = torch.sin(torch.arange(parameter.numel(), dtype=torch.float64) * 0.7 + number)
                parameter.copy_((waves / parameter[0].numel() ** 0.5).view_as(parameter))
        network.classifier.bias.zero_()
    images = torch.sin(torch.arange(8 * 3 * 16 * 16, dtype=torch.float64) * 0.37).view(8, 3, 16, 16)
    score = fisher.score(network, {"image": images}, torch.arange(8), nn.functional.cross_entropy)
    assert score == pytest.approx(0.3872323, rel=1e-6)
