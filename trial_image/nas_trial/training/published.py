"""The names that published weights have for the parts of a network in stages: MobileNetV2, EfficientNet-B0 and alike.

`nas_trial.training.init_from` loads weights by these names. Known are those of torchvision (`torchvision.models`) and
of timm (`timm.models`), for MobileNetV2 and EfficientNet. The shapes fit where a layer's width, kernel, expansion and
squeeze are those of the published network; so a candidate has those layers from it that the two have in common.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from torch import nn

from nas_model.networks.blocks import InvertedBottleneck, SqueezeExcitation
from nas_model.networks.stages import StagesNetwork

Role = Literal["stem", "expand", "depthwise", "squeeze", "project", "head", "classifier"]


@dataclass(frozen=True)
class Part:
    """A part of a network that has weights."""

    own: str
    """The prefix of its weights in our network."""
    role: Role
    stage: int = 0
    """Its stage, from 1."""
    place: int = 0
    """The place of its block in the stage, from 0."""
    block: int = 0
    """The place of its block in the network, from 1."""
    roles: tuple[Role, ...] = ()
    """The roles of all parts of its block, in their order."""


@dataclass(frozen=True)
class Convention:
    """How somebody names weights."""

    mark: str
    """What one of the names begins with."""
    names: Callable[[Part, int], Mapping[str, str]]
    """From names within a part (``0`` the convolution, ``1`` the normalisation) to published ones. The number is
    that of the blocks of the network."""


def names(network: nn.Module, published: Sequence[str]) -> dict[str, str]:
    """Return, for each weight of a network that has a published name, that name.

    Args:
        network: any network; only one in stages has published names.
        published: the names in the file, which show the convention.
    """
    if not isinstance(network, StagesNetwork):
        return {}
    convention = next((each for each in CONVENTIONS if any(name.startswith(each.mark) for name in published)), None)
    if convention is None:
        return {}
    parts = list(_parts(network))
    blocks = max((part.block for part in parts), default=0)
    prefixes = {
        f"{part.own}{inner}": named for part in parts for inner, named in convention.names(part, blocks).items()
    }
    found = {}
    for name in network.state_dict():
        prefix, _, last = name.rpartition(".")
        if prefix in prefixes:
            found[name] = f"{prefixes[prefix]}.{last}"
    return found


def _parts(network: StagesNetwork) -> Iterator[Part]:
    yield Part("stem.0.", "stem")
    number = 0
    for s, stage in enumerate(network.stages):
        for b, block in enumerate(stage.children()):
            number += 1
            if isinstance(block, InvertedBottleneck):
                yield from _of_block(block, s, b, number)
    yield Part("head.0.", "head")
    yield Part("classifier", "classifier")


def _of_block(block: InvertedBottleneck, stage: int, place: int, number: int) -> Iterator[Part]:
    weighted = [i for i, layer in enumerate(block.body) if isinstance(layer, nn.Sequential | SqueezeExcitation)]
    squeezed = [i for i in weighted if isinstance(block.body[i], SqueezeExcitation)]
    convolutions = [i for i in weighted if i not in squeezed]
    # The last is the projection, the one before it the depthwise convolution.
    of: dict[int, Role] = {}
    for i in weighted:
        of[i] = "squeeze" if i in squeezed else "expand"
    of[convolutions[-2]], of[convolutions[-1]] = "depthwise", "project"
    roles = tuple(of[i] for i in weighted)
    for i in weighted:
        yield Part(f"stages.{stage}.{place}.body.{i}.", of[i], stage + 1, place, number, roles)


def _torchvision_efficientnet(part: Part, blocks: int) -> Mapping[str, str]:
    match part.role:
        case "stem":
            prefix = "features.0."
        case "head":
            prefix = "features.8."
        case "classifier":
            return {"": "classifier.1"}
        case "squeeze":
            prefix = f"features.{part.stage}.{part.place}.block.{part.roles.index('squeeze')}."
            return {"weigh.0": f"{prefix}fc1", "weigh.2": f"{prefix}fc2"}
        case _:
            prefix = f"features.{part.stage}.{part.place}.block.{part.roles.index(part.role)}."
    return {"0": f"{prefix}0", "1": f"{prefix}1"}


def _torchvision_mobilenet(part: Part, blocks: int) -> Mapping[str, str]:
    prefix = f"features.{part.block}.conv."
    match part.role:
        case "stem":
            prefix = "features.0."
        case "head":
            prefix = f"features.{blocks + 1}."
        case "classifier":
            return {"": "classifier.1"}
        case "squeeze":
            return {}  # it has none
        case "project":
            # Without an activation, so not in a group of its own.
            place = len(part.roles) - 1
            return {"0": f"{prefix}{place}", "1": f"{prefix}{place + 1}"}
        case _:
            prefix += f"{part.roles.index(part.role)}."
    return {"0": f"{prefix}0", "1": f"{prefix}1"}


def _timm(part: Part, blocks: int) -> Mapping[str, str]:
    prefix = f"blocks.{part.stage - 1}.{part.place}."
    wide = "expand" in part.roles
    match part.role:
        case "stem":
            return {"0": "conv_stem", "1": "bn1"}
        case "head":
            return {"0": "conv_head", "1": "bn2"}
        case "classifier":
            return {"": "classifier"}
        case "squeeze":
            return {"weigh.0": f"{prefix}se.conv_reduce", "weigh.2": f"{prefix}se.conv_expand"}
        case "expand":
            return {"0": f"{prefix}conv_pw", "1": f"{prefix}bn1"}
        case "depthwise":
            return {"0": f"{prefix}conv_dw", "1": f"{prefix}bn{2 if wide else 1}"}
        case "project":
            return {"0": f"{prefix}conv_{'pwl' if wide else 'pw'}", "1": f"{prefix}bn{3 if wide else 2}"}


CONVENTIONS = (
    Convention("conv_stem.", _timm),
    # Both of torchvision's begin with `features.0.0`; of the two only the first has blocks within stages.
    Convention("features.1.0.block.", _torchvision_efficientnet),
    Convention("features.1.conv.", _torchvision_mobilenet),
)
