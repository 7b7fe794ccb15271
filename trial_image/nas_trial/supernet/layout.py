"""The weights of a supernet: which there are, how large, and which of them a network of the space has.

A supernet is no network of its own. It is made from the space: the weights of its networks by name, each as large as
the largest network has it. So any space that has networks can be one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from torch import nn

from nas_core.api.space import SearchSpaceSpec
from nas_core.spaces import Architecture, get_space
from nas_model.networks.build import build_network
from nas_model.networks.sharing import name_of
from nas_model.signature import Signature
from nas_trial.supernet.empty import without_weights
from nas_trial.supernet.paths import covering, largest
from nas_trial.supernet.slices import Cut, larger

ENOUGH, MOST = 20, 500
"""Random networks in a row that bring no new weight before all count as known; random networks at most."""
SEED = 0
"""Of the networks that are looked at: they belong to the space, not to a search."""


@dataclass(frozen=True)
class Place:
    """A parameter of a network, and the shared weight that it is (a part of)."""

    module: nn.Module
    own: str
    """Its name in the module."""
    key: str
    """The shared weight's name."""

    @property
    def cut(self) -> Cut:
        """How it is cut out of the shared one."""
        return Cut.of(self.module, self.own)


@dataclass(frozen=True)
class Layout:
    """All shared weights of a space."""

    shapes: Mapping[str, tuple[int, ...]] = field(repr=False)
    """By name."""
    examples: tuple[Architecture, ...] = field(repr=False)
    """Architectures whose networks together have all of them, the largest first."""


def places(network: nn.Module) -> Iterator[Place]:
    """Yield the parameters of a network."""
    yield from _places(network, "")


def _places(module: nn.Module, prefix: str) -> Iterator[Place]:
    for own in module._parameters:
        if module._parameters[own] is not None:
            yield Place(module, own, prefix + own)
    for own, child in module.named_children():
        # PyTorch allows no dots in the names of parameters.
        yield from _places(child, f"{prefix}{name_of(child, own)}/")


def layout(spec: SearchSpaceSpec, signature: Signature) -> Layout:
    """Return the shared weights of a space's networks for data of a signature.

    Raises:
        CandidateRejected: if the space has no networks for these data.
    """
    return _layout(spec.model_dump_json(exclude_defaults=True), signature)


@lru_cache(maxsize=16)
def _layout(text: str, signature: Signature) -> Layout:
    spec = SearchSpaceSpec.model_validate_json(text)
    space = get_space(spec)
    shapes: dict[str, tuple[int, ...]] = {}
    examples: list[Architecture] = []

    def look(architecture: Architecture) -> bool:
        """Enter the weights of a network; return whether there was anything new."""
        news = False
        with without_weights():
            network = build_network(spec, architecture, signature, as_written=True)
        for place in places(network):
            shape = tuple(getattr(place.module, place.own).shape)
            known = shapes.get(place.key)
            if known is None or larger(known, shape) != known:
                shapes[place.key] = shape if known is None else larger(known, shape)
                news = True
        if news:
            examples.append(architecture)
        return news

    look(largest(space))
    for architecture in covering(space):
        look(architecture)
    rng, missed, drawn = np.random.default_rng(SEED), 0, 0
    while missed < ENOUGH and drawn < MOST:
        missed = 0 if look(space.sample(rng)) else missed + 1
        drawn += 1
    return Layout(shapes, tuple(examples))
