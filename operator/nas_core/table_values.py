"""What values of a table mean, in any format: words for no value, numbers and dates as text, names of classes.

Who looks at data (`nasctl init`), who reads them (the trainer) and who predicts (a model) all take it from here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from decimal import Decimal
from numbers import Real
from typing import Any

TARGETS = ("target", "label", "class", "y")
"""Names of columns that are the target if none is named."""
NO_VALUE = ("", "na", "n/a", "#na", "#n/a", "<na>", "nan", "null", "none", "?", "-")
"""Words, in upper or lower case, that stand for no value where numbers are expected. Among texts, categories and labels
they are words like others (Namibia, a class called None)."""
NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$|^[+-]?(?i:inf|infinity)$"
DATE = r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}([.,]\d{1,9})?)?(Z|[+-]\d{2}(:?\d{2})?)?)?$"
"""Of ISO 8601."""
BOOLEANS = {"true": 1.0, "false": 0.0}
INDEX = re.compile(r"Unnamed: 0(\.\d+)*|__index_level_\d+__")
"""Names of the index of a data frame, as pandas writes it and reads it back."""
NEARLY_ALL = 0.9
"""A column of texts of which this share are numbers is taken for numbers, with mistakes that are to be corrected."""
MOST_CATEGORIES = 1000
"""A column of more different texts is taken for names or free text, as is one where most rows differ."""
FEW_CATEGORIES = 10
"""So many different texts are few in any table, even where most of its rows differ."""
FEW_ROWS = 10
"""Of fewer rows, a column may hold their numbers by chance."""
SHOWN = 5
"""Pairs of classes that are named."""
_GROUPED, _CURRENCY = r"\d{1,3}([ ,.'\u2019\u00a0\u202f]\d{3})+([.,]\d+)?", "[$\u20ac\xa3\xa5\u20b9]"
_LIKE_NUMBER = re.compile(
    rf"[+-]?\s?{_CURRENCY}?\s?[+-]?({_GROUPED}|\d+([.,]\d+)?)(\s?%|\s?{_CURRENCY}|\s[A-Za-z]{{1,4}})?", re.ASCII
)
_NUMBER = re.compile(NUMBER, re.ASCII)
_WHOLE = re.compile(r"-?\d+\.0+")


def like_number(text: str) -> bool:
    """Whether a text may be a number with what makes it none: a percent sign, a currency, a unit, commas."""
    text = text.strip()
    return _LIKE_NUMBER.fullmatch(text) is not None and not _NUMBER.fullmatch(text)


def plain_number_wanted(example: str) -> str:
    """Return what to do about a column of texts of which one is given, if they may be numbers; else nothing."""
    return f"; if {example[:40]!r} is a number, write it as a plain one" if like_number(example) else ""


def classes_alike(names: Iterable[str]) -> list[str]:
    """Say of the first few classes that differ from one before only in how they are written that they do."""
    first: dict[str, str] = {}
    pairs = ((first.setdefault(" ".join(name.casefold().split()), name), name) for name in names)
    found = [
        f"classes {one!r} and {other!r} differ only in capitals or spaces, and count as two"
        for one, other in pairs
        if one != other
    ]
    return found[:SHOWN]


def name_of(label: Any) -> str:
    """Return a label as text: whole numbers without a fraction, whatever column type they were read as."""
    # A column of whole numbers with one value missing is read as floats, and written as them: 3.0 is still class 3.
    # NumPy's numbers are real numbers as well, and need not be loaded for this.
    number = isinstance(label, Real | Decimal) and not isinstance(label, bool)
    if number and math.isfinite(label) and label == int(label):
        return str(int(label))
    text = str(label)
    return text.split(".")[0] if _WHOLE.fullmatch(text) else text


def shown(name: str, booleans: bool) -> str:
    """Return a name as people see it; ``booleans``: all of its column are true or false, which are one name each."""
    word = name.strip()
    return word.capitalize() if booleans and word.lower() in BOOLEANS else name
