"""A stop that comes within training, at a step that the test chooses."""

from __future__ import annotations

from nas_trial.process.stop import StopFlag


class StopAfter(StopFlag):
    """Set when it has been looked at so many times."""

    def __init__(self, steps: int) -> None:
        super().__init__()
        self.left = steps

    def is_set(self) -> bool:
        self.left -= 1
        return self.left < 0
