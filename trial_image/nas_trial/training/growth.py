"""Weights of a smaller network in a larger one, which computes the same at first: where a smaller tensor goes.

`nas_trial.training.init_from` asks for it where a tensor of a file does not fit by its shape. What a layer has more of
inputs counts nothing at first, as its weights are zero; what it has more of outputs begins at random, and no layer goes
by it yet; a larger kernel has the smaller one in its middle, zeros around it; a block more adds nothing, as its last
normalisation begins with the weight zero. The first steps of a training change these zeros, the next ones the rest.
Only a block that passes its input around itself in one of the two networks alone computes something else.

References: Chen et al. 2016 (Net2Net, arXiv:1511.05641), which divides a channel's weights instead; Wei et al. 2016
(network morphism, arXiv:1603.01670), for kernels; Goyal et al. 2017 (arXiv:1706.02677), for blocks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from torch import Tensor, nn

from nas_model.networks.blocks import Bottleneck, InvertedBottleneck
from nas_model.networks.stages import StagesNetwork

Shape = tuple[int, ...]
Region = tuple[slice, ...]
"""Part of a tensor, a slice for each of its dimensions."""


def regions(network: nn.Module, shapes: Mapping[str, Shape]) -> dict[str, Region]:
    """Return where in the tensors of a network smaller ones go.

    Kernels may grow in any network. Channels keep their places in networks in stages, and there in blocks of which all
    tensors are there: elsewhere, as in cells that join the outputs of their nodes, others would stand in their places.

    Args:
        network: the larger one.
        shapes: of the smaller tensors, by the names of the network's.
    """
    own = network.state_dict()
    found = {name: _region(_layer_of(network, name), own[name], shape) for name, shape in shapes.items()}
    fitting = {name: region for name, region in found.items() if region is not None}
    may_widen = {name for block in _block_tensors(network) if fitting.keys() >= block for name in block}
    return {
        name: region
        for name, region in fitting.items()
        if (here := tuple(own[name].shape)) != shapes[name] and (here[:2] == shapes[name][:2] or name in may_widen)
    }


def place(target: Tensor, region: Region, value: Tensor) -> None:
    """Put a smaller tensor into its region of a larger one."""
    if target.dim() > 1:
        # All that is new to the outputs which were there: more inputs, and the rim of a kernel.
        target[region[0]] = 0
    target[region] = value.to(target)


def quiet_blocks(network: nn.Module, there: Sequence[str]) -> None:
    """Let blocks of which a file has nothing add nothing, where there is a way around them.

    Args:
        network: whose other blocks have been filled.
        there: names of the network's tensors that were.
    """
    if not isinstance(network, StagesNetwork):
        return
    for name, block in _blocks(network).items():
        if _has_way_around(block) and _names(network, name).isdisjoint(there):
            last = [module for module in block.modules() if isinstance(module, nn.BatchNorm2d)][-1]
            nn.init.zeros_(last.weight)


def _has_way_around(block: nn.Module) -> bool:
    if isinstance(block, InvertedBottleneck):
        return block.residual
    return isinstance(block, Bottleneck) and isinstance(block.shortcut, nn.Identity)


def _block_tensors(network: nn.Module) -> Iterator[set[str]]:
    """Yield the tensors of each block of a network; of other networks than those in stages none."""
    if isinstance(network, StagesNetwork):
        for name in ("stem", *_blocks(network), "head", "classifier"):
            yield _names(network, name)


def _blocks(network: StagesNetwork) -> dict[str, nn.Module]:
    stages = enumerate(network.stages.children())
    return {f"stages.{n}.{name}": block for n, stage in stages for name, block in stage.named_children()}


def _names(network: nn.Module, part: str) -> set[str]:
    names = network.get_submodule(part).state_dict()
    # Not every file has these counters, by which nothing is computed.
    return {f"{part}.{name}" for name in names if not name.endswith("num_batches_tracked")}


def _layer_of(network: nn.Module, name: str) -> nn.Module:
    return network.get_submodule(name.rpartition(".")[0])


def _region(layer: nn.Module, target: Tensor, shape: Shape) -> Region | None:
    """Return where a tensor of a shape goes in one of a layer; None where it does not fit."""
    if len(shape) != target.dim() or any(small > large for small, large in zip(shape, target.shape, strict=True)):
        return None
    if isinstance(layer, nn.Conv2d):
        return _of_convolution(layer, target, shape)
    # Of linear layers only inputs are added: in blocks that widen it is the last layer, whose outputs have a meaning. A
    # layer normalisation goes by all of its channels at once.
    widens = isinstance(layer, nn.BatchNorm2d) or (isinstance(layer, nn.Linear) and shape[0] == target.shape[0])
    return tuple(slice(0, size) for size in shape) if widens or shape == tuple(target.shape) else None


def _of_convolution(layer: nn.Conv2d, target: Tensor, shape: Shape) -> Region | None:
    depthwise = layer.groups == layer.in_channels == layer.out_channels
    if shape != tuple(target.shape) and layer.groups > 1 and not depthwise:
        return None
    middles = []
    for size, inner, padding, dilation in zip(target.shape[2:], shape[2:], layer.padding, layer.dilation, strict=False):
        # Centred kernels only: of others, such as patches, the place of what they see would shift.
        if size != inner and (padding != size // 2 or dilation != 1 or size % 2 == 0 or inner % 2 == 0):
            return None
        middles.append(slice((size - inner) // 2, (size + inner) // 2))
    return (*(slice(0, size) for size in shape[:2]), *middles)
