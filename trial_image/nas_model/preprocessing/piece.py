"""Raw inputs of some examples, before the preprocessing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

Piece = Mapping[str, NDArray[Any]]
"""Inputs of some examples, n of them, that follow one another. By the names of `nas_model.signature`: image
(n, C, H, W) uint8 or float32; audio (n, T) float32; series (n, C, T) float32, NaN where there is no value; numeric
(n, F) float64, NaN where missing; categorical (n, K) int32, places in the list of the column's categories, -1 where
missing; text (n) objects, text."""
MISSING = -1
"""Of a category or a label."""
LARGEST = 1e30
"""No number of a table, an image or a series may be larger. Files have the largest numbers of their type where there
is no value (3.4e38, 1.8e308); squares of such are beyond what 32 bits hold."""
MEDIA = ("text", "image", "audio")
"""Inputs that are a column each of a table."""
