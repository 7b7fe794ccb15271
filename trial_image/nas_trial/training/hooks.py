"""What the training loop asks and tells the process around it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from nas_trial.process.stop import StopFlag
from nas_trial.training.progress import Progress


def _ignore(*_: object, **__: object) -> None:
    """Do nothing."""


def _never() -> bool:
    return False


@dataclass
class Hooks:
    """Functions that the loop calls; those that are left out do nothing."""

    stop: StopFlag = field(default_factory=StopFlag)
    """Looked at before each step."""
    report: Callable[..., None] = _ignore
    """Called with the newest values, about once a second."""
    save: Callable[[Progress], None] = _ignore
    """Called after each epoch, and within one when a checkpoint is due or when asked to stop."""
    due: Callable[[], bool] = _never
    """Whether a checkpoint within the epoch is due; asked before each step, by the first of several processes too."""
    beat: Callable[[], None] = _ignore
    """Called at each step, of training and of validation: a sign of life."""
