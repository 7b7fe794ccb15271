"""How measurements and proxies run a network: in evaluation mode, or without PyTorch's fused kernels."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import torch
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel


@contextmanager
def evaluating(network: nn.Module) -> Iterator[None]:
    """Put all modules into evaluation mode without gradients, and each back into the mode that it had."""
    modes = [(module, module.training) for module in network.modules()]
    network.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        for module, mode in modes:
            module.training = mode  # not train(), which would reach the children too


@contextmanager
def plain_kernels(network: nn.Module) -> Iterator[None]:
    """Let recurrent layers, attention and transformer layers run as the operations that they are made of.

    An LSTM that one kernel computes shows a counter no matrix product; an attention kernel has no second derivative.
    """
    fast_path = torch.backends.mha.get_fastpath_enabled()
    with ExitStack() as stack:
        if any(isinstance(module, nn.RNNBase) for module in network.modules()):
            # Convolutions would run without these libraries too, but slowly.
            stack.enter_context(torch.backends.mkldnn.flags(enabled=False, allow_tf32=None))
            stack.enter_context(torch.backends.cudnn.flags(enabled=False))
        stack.enter_context(sdpa_kernel(SDPBackend.MATH))
        stack.callback(torch.backends.mha.set_fastpath_enabled, fast_path)
        torch.backends.mha.set_fastpath_enabled(False)
        yield
