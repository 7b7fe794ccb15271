"""Random search: uniform draws without repetition, the baseline every strategy has to beat.

Reference: Li & Talwalkar, "Random Search and Reproducibility for Neural Architecture Search", UAI 2019.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet

import numpy as np

from nas_core.api.trial import CandidateSpec
from nas_core.history import History
from nas_search.strategy import Strategy


class RandomSearch(Strategy):
    """Looks at nothing but what was tried."""

    def propose(self, history: History, taken: AbstractSet[str], rng: np.random.Generator) -> CandidateSpec | None:
        """Leave it to chance."""
        return None
