"""What is odd about a data set that was just made, for people: warnings that need inputs and targets side by side."""

from __future__ import annotations

import numpy as np

from nas_model.preprocessing.tokens import PADDING, UNKNOWN
from nas_trial.data.giveaway import FEW, numbers_tell_classes, numbers_tell_numbers
from nas_trial.data.prepared.shards import Shards
from nas_trial.data.prepared.spool import Spool
from nas_trial.data.raw import Index
from nas_trial.data.targets import Targets

LOOKED_AT, LOOKED_AT_BYTES = 100_000, 256 << 20
"""Rows in which columns are looked for that give the target away: of wide tables as many as have so many bytes."""
JUDGED_TEXTS = 2_000
"""Validation texts whose tokens are counted."""


def giveaways(read: Spool, y: Targets, train: Index, names: tuple[str, ...]) -> list[str]:
    """Return a warning for each column of numbers that gives the target away, unless the reader has warned of it."""
    columns = read.column("numeric")
    if columns is None or not columns.shape[0] or y.ndim > 1:
        return []
    most = max(FEW, min(LOOKED_AT, LOOKED_AT_BYTES // (columns.shape[0] * np.dtype(columns.type).itemsize)))
    some = train[:: -(-len(train) // most)]
    tells = numbers_tell_classes if names else numbers_tell_numbers
    warnings = []
    for number, column in enumerate(read.read(some, ["numeric"])["numeric"].T):
        found = f"{read.data.column('numeric', number)} alone gives the target away"
        if tells(column, y[some]) and not any(found in warning for warning in read.data.warnings):
            warnings.append(
                f"{read.data.where}: {found}; if it is not known when a prediction is made, name it in columns.ignore"
            )
    return warnings


def unknown_words(where: str, val: Shards) -> list[str]:
    """Return a warning if most tokens of validation texts are in no training text often enough to be known."""
    if not any(column.name == "text" for column in val.inputs):
        return []
    tokens = val.read(np.arange(min(len(val), JUDGED_TEXTS)))["text"]
    share = float((tokens == UNKNOWN).sum() / (tokens != PADDING).sum())
    if share <= 0.5:
        return []
    return [
        f"{where}: {share:.0%} of the tokens of validation texts are unknown; raise task.dataset.text.vocabulary, or "
        "give more texts"
    ]
