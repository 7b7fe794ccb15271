"""What values of a table mean, in any format: words for no value, numbers and dates as text, names of classes.

Who looks at data (`nasctl init`), who reads them (the trainer) and who predicts (a model) all take it from here.
"""

from __future__ import annotations

import math
import re
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
_WHOLE = re.compile(r"-?\d+\.0+")


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
