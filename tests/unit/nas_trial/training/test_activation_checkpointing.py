from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
import torch
from tests.support.trials import architecture
from torch import Tensor, nn

from nas_model.networks.attention import TransformerLayer, feed_forward
from nas_model.networks.nas_bench_201 import EdgeCell, NasBench201Network
from nas_trial.training.activation_checkpointing import blocks_of, checkpoint_blocks


def cells() -> nn.Module:
    return NasBench201Network(architecture("333333"), 1, 10, width=4, depth=2)


def layers() -> nn.Module:
    return nn.Sequential(*(TransformerLayer(8, 2, feed_forward(8, 16, 0.5), 0.5) for _ in range(2)))


def images() -> dict[str, Tensor]:
    return {"image": torch.rand(4, 1, 8, 8, generator=torch.Generator().manual_seed(0))}


def tokens() -> Tensor:
    return torch.rand(4, 5, 8, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(("make", "inputs"), [(cells, images), (layers, tokens)], ids=["cells", "layers"])
def test_it_is_the_same_training_with_fewer_activations(
    make: Callable[[], nn.Module], inputs: Callable[[], object]
) -> None:
    torch.manual_seed(0)
    plain = make()
    again = copy.deepcopy(plain)
    checkpoint_blocks(again)
    kept = []
    for network in (plain, again):
        saved: list[int] = []
        torch.manual_seed(1)
        with torch.autograd.graph.saved_tensors_hooks(lambda t, s=saved: s.append(t.numel()) or t, lambda t: t):  # type: ignore[misc]
            loss = network(inputs()).square().mean()
        loss.backward()
        kept.append(sum(saved))
    for one, other in zip(plain.parameters(), again.parameters(), strict=True):
        assert one.grad is not None and other.grad is not None and torch.equal(one.grad, other.grad)
    for name, value in plain.state_dict().items():
        assert torch.equal(value, again.state_dict()[name]), "running statistics have seen the batch once"
    assert kept[1] < kept[0] / 2


def test_blocks_are_cells_not_their_operations() -> None:
    found = list(blocks_of(cells()))
    assert [type(block).__name__ for block in found].count("EdgeCell") == 6 and len(found) == 8
    assert not any(isinstance(inner, EdgeCell) for block in found for inner in list(block.modules())[1:])
