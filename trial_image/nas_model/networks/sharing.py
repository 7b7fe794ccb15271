"""What networks of a space say about weights that they can have in common, for supernets (`nas_trial.supernet`).

By itself a weight is shared under its name in the network. Where several operations stand at the same name, or one
stands at different names, the module says what its weights are to be known by.
"""

from __future__ import annotations

from typing import TypeVar

from torch import nn

M = TypeVar("M", bound=nn.Module)


def shared_as(module: M, name: str) -> M:
    """Let the weights of a module be known by a name in place of the module's own; return the module.

    The names of the modules around it stay before it, those of its parts behind.
    """
    module.known_as = name  # type: ignore[assignment]
    return module


def joined(module: M, parts: int) -> M:
    """Say that a linear layer is so many in one, their outputs in a row; return the layer.

    A narrower network takes the first outputs of each, not the first of all.
    """
    module.parts_joined = parts  # type: ignore[assignment]
    return module


def name_of(module: nn.Module, own: str) -> str:
    """Return the name that the weights of a module, whose own name is given, are known by."""
    known: str = getattr(module, "known_as", own)
    return known


def parts_of(module: nn.Module) -> int:
    """Return how many layers a layer is in one."""
    parts: int = getattr(module, "parts_joined", 1)
    return parts
