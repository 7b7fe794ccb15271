"""The blocks that networks in stages are made of.

Each maps (N, C, H, W) to (N, width, H / stride, W / stride), rounded up.
`nas_model.networks.stages` puts them together. Convolutions have no bias and are followed by batch normalisation.
"""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn
from torch.nn import functional

from nas_core.spaces.stages import Activation, Layer
from nas_model.networks.sharing import joined, shared_as

ACTIVATIONS: Mapping[Activation, type[nn.Module]] = {"relu": nn.ReLU, "relu6": nn.ReLU6, "silu": nn.SiLU}

SQUEEZE = 4
"""Squeeze-and-excitation has this many times fewer channels inside than the block has before it (Tan & Le 2019)."""


def conv_bn(c_in: int, c_out: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """Convolution and batch normalisation; the map is padded to keep its size."""
    return nn.Sequential(
        nn.Conv2d(c_in, c_out, kernel, stride, padding=kernel // 2, groups=groups, bias=False), nn.BatchNorm2d(c_out)
    )


def block(layer: Layer, c_in: int, stride: int, activation: Activation) -> nn.Module:
    """Return the block of a layer; ``stride`` is the one that the map is large enough for."""
    act = ACTIVATIONS[activation]
    match layer.block:
        case "conv":
            return nn.Sequential(conv_bn(c_in, layer.width, layer.kernel, stride), act())
        case "separable":
            return nn.Sequential(
                conv_bn(c_in, c_in, layer.kernel, stride, groups=c_in), act(), conv_bn(c_in, layer.width, 1), act()
            )
        case "mbconv" | "fused-mbconv":
            return InvertedBottleneck(layer, c_in, stride, act)
        case "bottleneck":
            return Bottleneck(layer, c_in, stride, act)
        case "pool":
            return nn.Sequential(*shrink(c_in, layer.width, stride), shared_as(PoolBlock(layer), "pool"))
        case "attention":
            return nn.Sequential(*shrink(c_in, layer.width, stride), shared_as(AttentionBlock(layer), "attention"))


class SqueezeExcitation(nn.Module):
    """Weighs the channels by what all of the map looks like (Hu, Shen & Sun 2018, arXiv:1709.01507)."""

    def __init__(self, width: int, inside: int, act: type[nn.Module]) -> None:
        super().__init__()
        self.weigh = nn.Sequential(nn.Conv2d(width, inside, 1), act(), nn.Conv2d(inside, width, 1), nn.Sigmoid())

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to the same shape."""
        weighed: Tensor = x * self.weigh(x.mean((2, 3), keepdim=True))  # weights (N, C, 1, 1)
        return weighed


class InvertedBottleneck(nn.Module):
    """Wide inside, narrow outside; residual where the shape stays. An expansion of 1 has no widening convolution.

    References: Sandler et al. 2018 (MobileNetV2, arXiv:1801.04381); with the widening and the depthwise convolution
    made one, Tan & Le 2021 (EfficientNetV2, arXiv:2104.00298).
    """

    def __init__(self, layer: Layer, c_in: int, stride: int, act: type[nn.Module]) -> None:
        super().__init__()
        inside = c_in * layer.expansion
        parts: list[nn.Module] = []
        if layer.block == "fused-mbconv":
            parts += [shared_as(conv_bn(c_in, inside, layer.kernel, stride), "widen"), act()]
        else:
            if layer.expansion > 1:
                parts += [shared_as(conv_bn(c_in, inside, 1), "widen"), act()]
            parts += [shared_as(conv_bn(inside, inside, layer.kernel, stride, groups=inside), "depthwise"), act()]
        if layer.squeeze:
            parts.append(shared_as(SqueezeExcitation(inside, max(1, c_in // SQUEEZE), act), "squeeze"))
        self.body = nn.Sequential(*parts, shared_as(conv_bn(inside, layer.width, 1), "narrow"))
        self.residual = stride == 1 and c_in == layer.width

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to (N, width, H / stride, W / stride)."""
        out: Tensor = self.body(x)
        return x + out if self.residual else out


class Bottleneck(nn.Module):
    """Narrow inside, wide outside, always residual (He et al. 2016, arXiv:1512.03385; the stride at its kernel)."""

    def __init__(self, layer: Layer, c_in: int, stride: int, act: type[nn.Module]) -> None:
        super().__init__()
        inside = max(1, layer.width // layer.expansion)
        self.body = nn.Sequential(
            conv_bn(c_in, inside, 1),
            act(),
            conv_bn(inside, inside, layer.kernel, stride),
            act(),
            conv_bn(inside, layer.width, 1),
        )
        same = stride == 1 and c_in == layer.width
        self.shortcut = nn.Identity() if same else conv_bn(c_in, layer.width, 1, stride)
        self.act = act()

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to (N, width, H / stride, W / stride)."""
        out: Tensor = self.act(self.body(x) + self.shortcut(x))
        return out


def shrink(c_in: int, c_out: int, stride: int) -> list[nn.Module]:
    """Return what comes before a block that keeps shapes: mean pooling for a stride, a 1x1 convolution for a width."""
    parts: list[nn.Module] = []
    if stride > 1:
        # ceil_mode, so that maps of odd size agree with strided convolutions.
        parts.append(nn.AvgPool2d(stride, ceil_mode=True, count_include_pad=False))
    if stride > 1 or c_in != c_out:
        parts.append(shared_as(conv_bn(c_in, c_out, 1), "bring"))
    return parts


class PoolBlock(nn.Module):
    """Each position sees the mean of its neighbours, then a feed-forward part; both residual, shapes kept.

    Reference: Yu et al. 2022 (PoolFormer, arXiv:2111.11418).
    """

    def __init__(self, layer: Layer) -> None:
        super().__init__()
        width, inside = layer.width, layer.width * layer.expansion
        self.norm = nn.BatchNorm2d(width)
        self.pool = nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False)
        self.feed_forward = nn.Sequential(
            nn.BatchNorm2d(width), nn.Conv2d(width, inside, 1), nn.GELU(), nn.Conv2d(inside, width, 1)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to the same shape."""
        normed = self.norm(x)  # (N, C, H, W)
        # The paper subtracts the position itself: the residual connection has it already.
        x = x + self.pool(normed) - normed
        out: Tensor = x + self.feed_forward(x)
        return out


class AttentionBlock(nn.Module):
    """Multi-head attention over all positions of the map, then a feed-forward part; all residual, shapes kept.

    Pre-normalised (Dosovitskiy et al. 2021, arXiv:2010.11929). Positions are told apart by a depthwise convolution
    before it, which fits maps of any size (Chu et al. 2021, arXiv:2102.10882).
    """

    def __init__(self, layer: Layer) -> None:
        super().__init__()
        width, self.heads = layer.width, layer.heads
        # Widths need not be multiples of the heads: these are a little wider together then.
        inside = self.heads * -(-width // self.heads)  # rounded up
        self.positions = nn.Conv2d(width, width, 3, padding=1, groups=width)
        self.norm = nn.LayerNorm(width)
        self.qkv = joined(nn.Linear(width, 3 * inside), 3)
        self.project = nn.Linear(inside, width)
        self.feed_forward = nn.Sequential(
            nn.LayerNorm(width),
            nn.Linear(width, width * layer.expansion),
            nn.GELU(),
            nn.Linear(width * layer.expansion, width),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to the same shape."""
        n, width, height, across = x.shape
        tokens = (x + self.positions(x)).flatten(2).transpose(1, 2)  # (N, H * W, C)
        qkv = self.qkv(self.norm(tokens)).unflatten(2, (3, self.heads, -1))  # (N, H * W, 3, heads, C / heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)  # each (N, heads, H * W, C / heads)
        seen = functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)  # (N, H * W, C)
        tokens = tokens + self.project(seen)
        tokens = tokens + self.feed_forward(tokens)
        out: Tensor = tokens.transpose(1, 2).reshape(n, width, height, across)
        return out
