"""flops: multiply-adds of one example; a rival that every other proxy has to beat.

Reference: White, Khodak, Tu, Shah, Bubeck & Dey, "A Deeper Look at Zero-Cost Proxies for Lightweight NAS", ICLR Blog
Track 2022.
"""

from __future__ import annotations

from torch import Tensor, nn

from nas_model.signature import Inputs
from nas_trial.measuring.measure import count_flops
from nas_trial.proxies.base import Loss


def score(network: nn.Module, inputs: Inputs, targets: Tensor, loss: Loss) -> float:
    """Return the multiply-adds of the minibatch's first example."""
    # Of one example: of the minibatch it would be the same number times N.
    return float(count_flops(network, {name: values[:1] for name, values in inputs.items()}))
