"""A dictionary of bounded size, for what is remembered of objects and callers whose number nobody bounds."""

from __future__ import annotations

from collections import UserDict
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Newest(UserDict[K, V]):
    """Keeps so many entries: those that were set last."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def __setitem__(self, key: K, value: V) -> None:
        # Out and in again, so that the order is that of the last times.
        self.data.pop(key, None)
        self.data[key] = value
        if len(self.data) > self._most:
            del self.data[next(iter(self.data))]
