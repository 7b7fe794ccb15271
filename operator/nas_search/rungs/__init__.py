"""Multi-fidelity search: every candidate is trained a little, the better ones on and on (`spec.strategy.rungs`)."""

from nas_search.rungs.ladder import Ladder
from nas_search.rungs.promotion import Promotion
from nas_search.rungs.strategy import WithRungs

__all__ = ["Ladder", "Promotion", "WithRungs"]
