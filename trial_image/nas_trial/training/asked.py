"""What training is asked to do before a step: one question for a stop, and for a checkpoint within the epoch."""

from __future__ import annotations

from enum import IntEnum

from nas_trial.training.hooks import Hooks


class Asked(IntEnum):
    """What is asked for; of several processes the greatest holds for all."""

    NOTHING = 0
    SAVE = 1
    """Write a checkpoint and go on."""
    STOP = 2
    """Write a checkpoint and end."""


def asked(hooks: Hooks) -> Asked:
    """Return what this process is asked to do."""
    if hooks.stop.is_set():
        return Asked.STOP
    return Asked.SAVE if hooks.due() else Asked.NOTHING
