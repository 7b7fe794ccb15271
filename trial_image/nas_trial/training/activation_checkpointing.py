"""Activations computed again in the backward pass instead of being kept: less memory, more time.

The blocks of a network (cells, layers) keep only their inputs. Reference: Chen et al. 2016, arXiv:1604.06174.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils.checkpoint import checkpoint

from nas_trial.process.log import log

# As it is, without what would load PyTorch's compiler (`nas_trial.process.torch_startup`).
_checkpoint: Callable[..., Any] = inspect.unwrap(checkpoint)


def checkpoint_blocks(network: nn.Module) -> None:
    """Let each block of a network compute its activations again in the backward pass.

    The training is the same: dropout draws what it drew, and batch normalisation does not count a batch twice.
    """
    blocks = list(blocks_of(network))
    if not blocks:
        log(
            "not-checkpointed",
            message="evaluation.activationCheckpointing: the network has no blocks; going on without",
        )
    for block in blocks:
        block.forward = _again(block, block.forward)


def blocks_of(module: nn.Module) -> Iterator[nn.Module]:
    """Yield the outermost modules that stand in a row with others and are more than a chain of operations."""
    in_a_row = isinstance(module, nn.Sequential | nn.ModuleList)
    for child in module.children():
        composed = next(child.children(), None) is not None
        if in_a_row and composed and not isinstance(child, nn.Sequential | nn.ModuleList):
            yield child
        else:
            yield from blocks_of(child)


def _again(block: nn.Module, forward: Callable[..., Any]) -> Callable[..., Any]:
    def contexts() -> tuple[AbstractContextManager[None], AbstractContextManager[None]]:
        return nullcontext(), _with_copied_statistics(block)

    def run(*inputs: Any) -> Any:
        if not torch.is_grad_enabled():
            return forward(*inputs)
        return _checkpoint(forward, *inputs, use_reentrant=False, context_fn=contexts)

    return run


@contextmanager
def _with_copied_statistics(block: nn.Module) -> Iterator[None]:
    """Let batch normalisation update copies of its running statistics, which are thrown away."""
    norms = [module for module in block.modules() if isinstance(module, _BatchNorm)]
    kept = [norm._buffers for norm in norms]
    for norm, buffers in zip(norms, kept, strict=True):
        norm._buffers = {name: None if value is None else value.clone() for name, value in buffers.items()}
    try:
        yield
    finally:
        for norm, buffers in zip(norms, kept, strict=True):
            norm._buffers = buffers
