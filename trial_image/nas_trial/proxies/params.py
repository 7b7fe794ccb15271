"""params: trainable weights; a rival that every other proxy has to beat.

Reference: White, Khodak, Tu, Shah, Bubeck & Dey, "A Deeper Look at Zero-Cost Proxies for Lightweight NAS", ICLR Blog
Track 2022.
"""

from __future__ import annotations

from torch import Tensor, nn

from nas_model.signature import Inputs
from nas_trial.measuring.measure import parameters
from nas_trial.proxies.base import Loss


def score(network: nn.Module, inputs: Inputs, targets: Tensor, loss: Loss) -> float:
    """Return the number of trainable weights."""
    return float(parameters(network))  # as the metric of this name counts them
