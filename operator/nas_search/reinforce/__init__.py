"""Reinforcement learning; begin reading at `strategy`."""

from __future__ import annotations

from nas_search.reinforce.strategy import Reinforce

__all__ = ["Reinforce"]
