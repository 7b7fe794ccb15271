"""What the training loop asks and tells the process around it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from nas_trial.process.stop import StopFlag
from nas_trial.training.progress import Progress


def _ignore(*_: object, **__: object) -> None:
    """Do nothing."""


@dataclass
class Hooks:
    """Functions that the loop calls; those that are left out do nothing."""

    stop: StopFlag = field(default_factory=StopFlag)
    """Looked at before each step."""
    report: Callable[..., None] = _ignore
    """Called with the newest values, about once a second."""
    save: Callable[[Progress], None] = _ignore
    """Called after each epoch, and when asked to stop."""
    beat: Callable[[], None] = _ignore
    """Called at each step, of training and of validation: a sign of life."""
