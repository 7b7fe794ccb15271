"""One network of the space in each step, drawn uniformly.

Reference: Guo et al., "Single Path One-Shot Neural Architecture Search with Uniform Sampling", ECCV 2020,
arXiv:1904.00420; Li & Talwalkar 2019, arXiv:1902.07638.
"""

from __future__ import annotations

import numpy as np

from nas_trial.supernet.sharing import Sharing


class SinglePath(Sharing):
    """Trains one network a step: memory and time are those of that network."""

    def begin(self, seed: int, step: int, rate: float) -> None:
        """Draw the step's network."""
        self.draw(np.random.default_rng(seed))
