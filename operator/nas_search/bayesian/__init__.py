"""Bayesian optimisation; begin reading at `strategy`."""

from __future__ import annotations

from nas_search.bayesian.strategy import Bayesian

__all__ = ["Bayesian"]
