"""Who takes part: our strategies, with their defaults, by the names that a search's status shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nas_core.api.strategy import Objective, StrategySpec
from nas_core.spaces import SearchSpace
from nas_search import KINDS, Strategy, create_strategy

STRATEGIES: Mapping[str, StrategySpec] = {
    kind.name: StrategySpec.model_validate({member: {}}) for member, kind in KINDS.items()
}


def make(name: str, space: SearchSpace, objectives: Sequence[Objective], seed: int) -> Strategy:
    """Return a contestant with its seed."""
    return create_strategy(STRATEGIES[name].model_copy(update={"seed": seed}), space, objectives, [])
