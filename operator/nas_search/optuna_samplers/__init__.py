"""Optuna's samplers as strategies; begin reading at `strategy`."""

from __future__ import annotations

from nas_search.optuna_samplers.strategy import OptunaSampler

__all__ = ["OptunaSampler"]
