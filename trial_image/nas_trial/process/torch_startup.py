"""A faster start: PyTorch does not load its compiler for a trial that does not compile.

PyTorch wraps methods of optimisers and of what counts operations (FLOPs) so that its compiler leaves them alone; the
first call of any of them imports the compiler, which with all that belongs to it (sympy, …) takes longer than PyTorch
itself. Should another version do it in another way, nothing is lost but the time; a test tells.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import torch
from torch.optim import Optimizer
from torch.utils._python_dispatch import TorchDispatchMode

Kind = TypeVar("Kind", bound=Optimizer)


def keep_compiler_out() -> None:
    """Let the wrapped methods that exist now be called as they are. Compiling later (``torch.compile``) still works.

    `torch._compile._disable_dynamo` looks for the name that is set here before it imports anything.
    """
    for method in _wrapped():
        plain = getattr(method, "__wrapped__", None)
        if plain is not None:
            plain.__dynamo_disable = plain


def lean(kind: type[Kind]) -> type[Kind]:
    """Return the kind of optimiser with a step that only updates the weights: it cannot itself be differentiated."""
    made: type[Kind] = type(kind.__name__, (kind,), {"step": torch.no_grad()(inspect.unwrap(kind.step))})
    return made


def _wrapped() -> Iterator[Callable[..., Any]]:
    yield from vars(Optimizer).values()
    modes = list(TorchDispatchMode.__subclasses__())
    while modes:
        mode = modes.pop()
        modes += mode.__subclasses__()
        if dispatch := vars(mode).get("__torch_dispatch__"):
            yield dispatch
