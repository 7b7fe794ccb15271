"""Zero-cost scores that a table has: what a search knows of some candidates before it trains the first.

Each run draws its own candidates, as a search on a cluster does (`nas_search.scoring`), and knows their scores at once.
"""

from __future__ import annotations

from dataclasses import dataclass

from nas_benchmark.table import Table
from nas_core.api.types import PROXY_PREFIX
from nas_core.history import Scored
from nas_search.scoring import Scoring, draw


@dataclass(frozen=True)
class Scores:
    """The columns of a table that hold scores, more being better."""

    table: Table
    columns: tuple[str, ...]
    candidates: int
    """Candidates that a run draws to be scored."""

    def asked(self, keep: int) -> Scoring:
        """Return what is scored, the best ``keep`` being what a strategy begins with."""
        return Scoring(tuple(map(_proxy, self.columns)), self.candidates, keep)

    def drawn(self, seed: int) -> tuple[Scored, ...]:
        """Return the scores of the candidates that a seed draws; of those that are not in the table nothing is known.

        The metrics are named as a search's: ``proxy_<column>``.
        """
        space = self.table.space
        scores = []
        for candidate in draw(space, seed, self.candidates):
            row = self.table.look_up(space.join(candidate.architecture, candidate.hyperparameters))
            if row is not None:
                metrics = {PROXY_PREFIX + _proxy(column): row[column] for column in self.columns}
                scores.append(Scored(candidate, metrics))
        return tuple(scores)


def _proxy(column: str) -> str:
    return column.removeprefix(PROXY_PREFIX)
