"""What every predictor offers: it is fitted to results and says of other candidates what they would reach.

A candidate is a row of numbers: its `features`, and behind them a column for each zero-cost proxy (`prior`). Values are
turned so that more is better, and lie about 0 with a standard deviation of about 1 (`warp`).

`kinds` is the table of predictors. Reference: White et al., "How Powerful are Performance Predictors in Neural
Architecture Search?", NeurIPS 2021, arXiv:2104.01177.
"""

from __future__ import annotations

from typing import Protocol

from nas_search.ranking import Floats


class Fitted(Protocol):
    """What a predictor has learned from some results."""

    def predict(self, rows: Floats) -> tuple[Floats, Floats]:
        """Return mean and standard deviation of the values of some candidates; shapes (n,).

        ``rows`` (n, columns) are as those that it was fitted to. The noise of a single result is left out.
        """


class Predictor(Protocol):
    """A way to predict, with its settings; pure: equal results give equal predictions."""

    def fit(self, rows: Floats, values: Floats) -> Fitted:
        """Learn from results: ``rows`` (n, columns) and their ``values`` (n,), at least one."""
