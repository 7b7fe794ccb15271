"""Which axis of an array of images holds the channels. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from nas_trial.errors import DatasetInvalid

USUAL = (1, 3, 4)
"""Channels: grey, colour, colour with a fourth."""
LONGEST = 4
"""Times as high as wide, or the other way, of a usual image."""


class _Reading(NamedTuple):
    last: bool
    channels: int
    height: int
    width: int

    def __str__(self) -> str:
        return f"{self.channels} channels of {self.height}x{self.width} if channels are {self._axis}"

    @property
    def _axis(self) -> str:
        return "last" if self.last else "first"


_SIGNS: tuple[Callable[[_Reading], bool], ...] = (
    lambda reading: max(reading.height, reading.width) <= LONGEST * min(reading.height, reading.width),
    lambda reading: reading.height == reading.width,
    lambda reading: reading.channels in USUAL,
    lambda reading: 2 * reading.channels <= min(reading.height, reading.width),
)
"""What speaks for a reading, the strongest first: the first that holds for one of two decides."""


def channels_last(shape: tuple[int, ...], where: str) -> bool:
    """Whether an image of this shape is (H, W, C); else it is (C, H, W).

    Raises:
        DatasetInvalid: if both may be; the message has both readings.
    """
    a, b, c = shape
    first, last = _Reading(False, a, b, c), _Reading(True, c, a, b)
    for sign in _SIGNS:
        if sign(first) != sign(last):
            return sign(last)
    raise DatasetInvalid(
        f"{where}: images of shape {shape} may be {first}, or {last}; save them as (N, C, H, W) and in another size "
        "than the number of channels, or without an axis of channels as (N, H, W)"
    )
