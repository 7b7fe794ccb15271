"""The parts of a k-fold cross-validation (evaluation.folds): each judges the network that the others trained."""

from __future__ import annotations

import numpy as np

from nas_trial.data.deal import deal, group_rows
from nas_trial.data.raw import Index
from nas_trial.errors import CandidateRejected

FOLDS = 4
"""Random numbers of its own, as what `split` draws has."""


def folds(strata: Index, together: Index | None, count: int, seed: int) -> Index:
    """Return the fold (N) of each training and validation row, from 0.

    Args:
        strata: (N), classes from 0: each fold has about the same share of each.
        together: (N), equal for rows that come into one fold, as `split.Parts.together`; None: each row by itself.
        count: how many folds.
        seed: of the random numbers.

    Raises:
        CandidateRejected: if there is too little to divide for so many folds.
    """
    groups = group_rows(strata, together)
    shares = np.full((count, int(strata.max()) + 1), 1 / count)
    number = deal(groups, shares, np.random.default_rng([seed, FOLDS]))
    if len(np.unique(number)) < count:
        apart = "rows" if together is None else "groups of rows that are kept together"
        raise CandidateRejected(
            "SpecInvalid", f"evaluation.folds {count} needs more than {len(groups.kind)} {apart}; lower it"
        )
    return groups.spread(number).astype(np.int64)
