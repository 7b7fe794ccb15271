"""Who takes part: our strategies and, by their names, the algorithms of other libraries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from pydantic import ValidationError

from nas_benchmark import peers
from nas_core.api.strategy import Objective, StrategySpec
from nas_core.spaces import Architecture, SearchSpace
from nas_search import KINDS, History, Observation, Pending, Strategy, create_strategy

MEMBERS: Mapping[str, str] = {kind.name: member for member, kind in KINDS.items()}
"""The member of ``spec.strategy`` by the name that a search's status shows."""
STRATEGIES = tuple(MEMBERS)


class Contestant(Protocol):
    """One search, asked and told."""

    def ask(self, index: int) -> Architecture | None:
        """Return what query ``index`` evaluates; None: not before another result is told, or never again."""

    def tell(self, index: int, metrics: Mapping[str, float] | None) -> None:
        """Take the result of a query; None: it failed."""


class Ours:
    """A strategy with the history that the operator would keep for it."""

    def __init__(self, strategy: Strategy) -> None:
        self._strategy = strategy
        self._seen: tuple[Observation, ...] = ()
        self._running: dict[int, Pending] = {}

    def ask(self, index: int) -> Architecture | None:
        """Ask, the others pending; None when every architecture was tried."""
        pending = tuple(self._running[running] for running in sorted(self._running))
        candidates = self._strategy.ask(History(self._seen, pending, index), 1)
        if not candidates:
            return None
        self._running[index] = Pending(index, candidates[0])
        return self._strategy.values(candidates[0])

    def tell(self, index: int, metrics: Mapping[str, float] | None) -> None:
        """Record the result."""
        done = self._running.pop(index)
        self._seen += (Observation(index, len(self._seen) + 1, done.candidate, metrics),)


def make(name: str, space: SearchSpace, objectives: Sequence[Objective], seed: int) -> Contestant:
    """Return a contestant with its seed.

    Args:
        name: a peer's, or a strategy's, which settings other than its defaults may follow:
            ``regularized-evolution:populationSize=30:sampleSize=10``.

    Raises:
        ValueError: if there is none of this name, a setting is none of its, or a peer cannot be used.
    """
    if name in peers.PEERS:
        return peers.make(name, space, objectives, seed)
    return Ours(create_strategy(_spec(name, seed), space, objectives, []))


def _spec(text: str, seed: int) -> StrategySpec:
    name, *settings = text.split(":")
    if name not in MEMBERS:
        raise ValueError(
            f"there is no strategy {name!r}; there are {', '.join(STRATEGIES)}; "
            f"other libraries' are named by --peers: {', '.join(peers.PEERS)}"
        )
    plain = StrategySpec.model_validate({MEMBERS[name]: {}})
    known = getattr(plain, MEMBERS[name]).to_dict()
    values = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals or key not in known:
            names = ", ".join(known) or "none"
            raise ValueError(f"{text!r}: write settings as {name}:setting=value, not {setting!r}; it has {names}")
        values[key] = value
    try:
        return StrategySpec.model_validate({MEMBERS[name]: values, "seed": seed})
    except ValidationError as error:
        first = error.errors()[0]
        raise ValueError(f"{text!r}: {'.'.join(map(str, first['loc'][1:]))}: {first['msg']}") from error
