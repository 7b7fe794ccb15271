"""A prepared data set that is open: what `nas_trial.data.load` makes examples of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from nas_core.api.trial import Baseline
from nas_model.preprocessing.forms import Preprocessing
from nas_trial.data.prepared.shards import Shards


@dataclass(frozen=True)
class Prepared:
    """The splits in shards, and how they were made."""

    preprocessing: Preprocessing
    train: Shards
    val: Shards
    hash: str
    """``sha256:…`` over all examples before any split."""
    warnings: tuple[str, ...]
    """All that is odd about the data."""
    read_test: Callable[[], Shards | None]
    """Returns the test split, which is read only then; None: there is none."""
    baseline: tuple[Baseline, ...] = ()
    """What simple models reach on the splits; empty of data that no trial has prepared for all others."""

    def for_others(self, *, test: bool) -> Prepared:
        """Return what can be sent to another process (`message`); ``test``: with the test split, which is read now."""
        return replace(self, read_test=partial(known, self.read_test() if test else None))


def known(test: Shards | None) -> Shards | None:
    """Return a test split that was read before."""
    return test
