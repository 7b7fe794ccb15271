"""What to try next: strategies as pure functions over results. No I/O, no torch, no Kubernetes.

Begin reading at `strategy`, what every strategy offers, and `strategies`, the table of them.
"""

from __future__ import annotations

from nas_core.history import History, Observation, Pending, Scored, history_at
from nas_search.default_strategy import DEFAULTS, ChosenStrategy, choose, with_chosen
from nas_search.problem import Problem
from nas_search.replay import Mismatch, RecordedTrial, replay
from nas_search.rungs import Ladder, Promotion, WithRungs
from nas_search.scoring import Scoring, scoring_of
from nas_search.strategies import KINDS, ZERO_COST, StrategyKind, create_strategy, strategy_name
from nas_search.strategy import Strategy

__all__ = [
    "DEFAULTS",
    "KINDS",
    "ZERO_COST",
    "ChosenStrategy",
    "History",
    "Ladder",
    "Mismatch",
    "Observation",
    "Pending",
    "Problem",
    "Promotion",
    "RecordedTrial",
    "Scored",
    "Scoring",
    "Strategy",
    "StrategyKind",
    "WithRungs",
    "choose",
    "create_strategy",
    "history_at",
    "replay",
    "scoring_of",
    "strategy_name",
    "with_chosen",
]
