"""naswot: how many of the minibatch's examples the rectifiers tell apart.

Reference: Mellor, Turner, Storkey & Crowley, "Neural Architecture Search without Training", ICML 2021,
arXiv:2006.04647.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from nas_model.signature import Inputs
from nas_trial.proxies.base import Loss, unsuitable, working_copy

RECTIFIERS = (nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.PReLU, nn.ELU, nn.GELU, nn.SiLU, nn.Hardswish)
"""The paper has ReLU alone; of the others, too, the code is which inputs are positive."""
LEAST = 1e-6
"""What eigenvalues below it count as: examples with equal codes would give minus infinity."""


def score(network: nn.Module, inputs: Inputs, targets: Tensor, loss: Loss) -> float:
    """Return log det K; K (N, N) counts the units of all rectifiers whose states agree in two examples.

    Raises:
        CandidateRejected: if the network has no rectifier that is a module of its own.
    """
    copied = working_copy(network)
    kernel: Tensor | None = None

    def note(module: nn.Module, arguments: tuple[Tensor, ...]) -> None:
        nonlocal kernel
        codes = (arguments[0].detach().flatten(1) > 0).double()  # (N, units)
        # Units that are on in both, and units that are off in both: (N, N).
        agreeing = codes @ codes.T + (1 - codes) @ (1 - codes).T
        kernel = agreeing if kernel is None else kernel + agreeing

    for module in copied.modules():
        if isinstance(module, RECTIFIERS):
            module.register_forward_pre_hook(note)
    with torch.no_grad():
        copied(inputs)
    if kernel is None:
        raise unsuitable("naswot", f"it has none of {', '.join(kind.__name__ for kind in RECTIFIERS)}")
    return float(torch.linalg.eigvalsh(kernel).clamp_min(LEAST).log().sum())
