"""Words of the messages that a plan writes into conditions and Events."""

from __future__ import annotations


def counted(count: int, thing: str) -> str:
    """Write a number of things for people: 1 trial, 2 trials."""
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"
