"""Names of classes and categories: how values are written as text."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import Any

import numpy as np

WHOLE = re.compile(r"-?\d+\.0+")
BOOLEANS = {"true": 1.0, "false": 0.0}


def name_of(label: Any) -> str:
    """Return a label as text: whole numbers without a fraction, whatever column type they were read as."""
    # A column of whole numbers with one value missing is read as floats, and written as them: 3.0 is still class 3.
    if isinstance(label, float | np.floating | Decimal) and math.isfinite(label) and label == int(label):
        return str(int(label))
    text = str(label)
    return text.split(".")[0] if WHOLE.fullmatch(text) else text


def shown(name: str, booleans: bool) -> str:
    """Return a name as people see it."""
    word = name.strip()
    return word.capitalize() if booleans and word.lower() in BOOLEANS else name
