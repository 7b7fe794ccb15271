"""When a checkpoint within an epoch is due: so often that little work is lost, so seldom that training hardly notices.

Pure: times are given. `nas_trial.training.saver` says what writing costs, `nas_trial.training.engine` asks before each
step. What a kill loses is the time since the copy that was stored last was made: the interval and a write.
"""

from __future__ import annotations

MOST_SHARE = 0.05
"""Share of the time that checkpoints within epochs may take from training."""


class SaveInterval:
    """Seconds between two copies of the state, by what is wanted and what the last write has cost."""

    def __init__(self, wanted_s: float, now: float) -> None:
        """Begin at ``now``; ``wanted_s``: seconds of training that a kill may lose."""
        self.wanted_s = wanted_s
        self.stretched_s = 0.0
        """Seconds that a kill may lose instead, where a checkpoint has been put off because it is slow; else 0."""
        self._held_s = self._stored_s = 0.0
        self._saved = self._asked = now

    @property
    def seconds(self) -> float:
        """Seconds from one copy to the next. One write is over before the next begins."""
        return max(self.wanted_s - self._stored_s, self._held_s / MOST_SHARE, self._stored_s)

    def due(self, now: float) -> bool:
        """Whether to save now, because by the next question, a step later, it would be too late."""
        step_s, self._asked = now - self._asked, now
        waited_s = now - self._saved + step_s
        if waited_s >= self.seconds:
            return True
        if waited_s >= self.wanted_s:
            self.stretched_s = max(self.stretched_s, self.seconds + self._stored_s)
        return False

    def saved(self, now: float) -> None:
        """Note that a copy was made, within an epoch or at its end."""
        self._saved = self._asked = now

    def cost(self, held_s: float, stored_s: float) -> None:
        """Note what the newest checkpoint has cost.

        Args:
            held_s: seconds taken from training: those that it waited, and processor time of storing beside it.
            stored_s: seconds from the copy until it was stored.
        """
        # By the thread that stores, while training reads: of the two, one may be that of the write before.
        self._held_s, self._stored_s = held_s, stored_s
