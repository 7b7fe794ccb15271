from __future__ import annotations

import pytest
import torch
from torch import nn

from nas_core.spaces.stages import Layer
from nas_model.networks.blocks import AttentionBlock, InvertedBottleneck, PoolBlock, SqueezeExcitation, block

LAYERS = [
    Layer("conv", 12, kernel=5),
    Layer("separable", 12, kernel=3),
    Layer("mbconv", 12, kernel=5, expansion=3, squeeze=True),
    Layer("mbconv", 12, kernel=3, expansion=1),
    Layer("fused-mbconv", 12, kernel=3, expansion=2, squeeze=True),
    Layer("bottleneck", 12, kernel=3, expansion=4),
    Layer("pool", 12, expansion=2),
    Layer("attention", 12, expansion=2, heads=5),
]


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.code)
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("c_in", [8, 12])
def test_blocks_have_the_width_and_stride_that_is_asked_for(layer: Layer, stride: int, c_in: int) -> None:
    made = block(layer, c_in, stride, "relu")
    expected = (2, 12, 7, 5) if stride == 1 else (2, 12, 4, 3)
    assert made(torch.randn(2, c_in, 7, 5)).shape == expected


def parameters(layer: Layer, c_in: int) -> int:
    return sum(p.numel() for p in block(layer, c_in, 1, "relu").parameters())


@pytest.mark.parametrize(
    ("layer", "count"),
    [
        (LAYERS[0], 8 * 12 * 25 + 24),
        (LAYERS[1], 8 * 9 + 16 + 8 * 12 + 24),
        (LAYERS[2], (8 * 24 + 48) + (24 * 25 + 48) + (24 * 2 + 2 + 2 * 24 + 24) + (24 * 12 + 24)),
        (LAYERS[3], (8 * 9 + 16) + (8 * 12 + 24)),
        (LAYERS[4], (8 * 16 * 9 + 32) + (16 * 2 + 2 + 2 * 16 + 16) + (16 * 12 + 24)),
        (LAYERS[5], (8 * 3 + 6) + (3 * 3 * 9 + 6) + (3 * 12 + 24) + (8 * 12 + 24)),
        (LAYERS[6], (8 * 12 + 24) + 24 + 24 + (12 * 24 + 24 + 24 * 12 + 12)),
        (
            LAYERS[7],  # five heads of 3 channels
            (8 * 12 + 24) + (12 * 9 + 12) + 24 + (12 * 45 + 45) + (15 * 12 + 12) + 24 + (12 * 24 + 24 + 24 * 12 + 12),
        ),
    ],
    ids=lambda value: value.code if isinstance(value, Layer) else "",
)
def test_blocks_have_the_weights_of_their_paper(layer: Layer, count: int) -> None:
    assert parameters(layer, c_in=8) == count


def test_an_inverted_bottleneck_is_residual_where_the_shape_stays() -> None:
    x = torch.randn(2, 12, 4, 4)
    for c_in, stride, residual in [(12, 1, True), (12, 2, False), (8, 1, False)]:
        made = block(LAYERS[3], c_in, stride, "relu")
        assert isinstance(made, InvertedBottleneck)
        last = made.body[-1][1]  # type: ignore[index]
        assert isinstance(last, nn.BatchNorm2d)
        nn.init.zeros_(last.weight)
        out = made(x[:, :c_in])
        torch.testing.assert_close(out, x if residual else torch.zeros_like(out))


def test_squeeze_and_excitation_weighs_channels_by_the_whole_map() -> None:
    made, x = SqueezeExcitation(6, 2, nn.ReLU), torch.randn(2, 6, 5, 5)
    weights = made(x) / x
    torch.testing.assert_close(weights, weights[:, :, :1, :1].expand_as(weights))
    assert ((weights > 0) & (weights < 1)).all()


def test_attention_sees_all_positions_and_the_others_only_near_ones() -> None:
    """A change in one corner reaches the opposite one only through attention."""
    x = torch.randn(1, 4, 8, 8)
    changed = x.clone()
    changed[..., 0, 0] += 1
    attention = AttentionBlock(Layer("attention", 4, expansion=2, heads=2)).eval()
    pool = PoolBlock(Layer("pool", 4, expansion=2)).eval()
    assert not torch.equal(attention(x)[..., 7, 7], attention(changed)[..., 7, 7])
    assert torch.equal(pool(x)[..., 7, 7], pool(changed)[..., 7, 7])
    assert not torch.equal(pool(x)[..., 1, 1], pool(changed)[..., 1, 1])


def test_attention_knows_where_things_are() -> None:
    """Exchanging two columns of the map does not merely exchange what comes out of them."""
    x = torch.randn(1, 4, 3, 4)
    exchanged = x[..., [1, 0, 2, 3]]
    made = AttentionBlock(Layer("attention", 4, expansion=2, heads=2)).eval()
    assert not torch.allclose(made(exchanged), made(x)[..., [1, 0, 2, 3]], atol=1e-4)
    nn.init.zeros_(made.positions.weight)
    torch.testing.assert_close(made(exchanged), made(x)[..., [1, 0, 2, 3]])
