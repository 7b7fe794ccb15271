"""What keeps a server for experiments from getting its copy, with messages that say what to do."""

from __future__ import annotations

from nas_core.reasons import TrackingReason


class TrackingFault(Exception):
    """A server cannot be used now. ``reason`` and ``message`` are for the condition Tracked."""

    def __init__(self, reason: TrackingReason, message: str, *, of_server: bool = False, of_run: bool = False) -> None:
        """Make a fault.

        Args:
            reason: one word.
            message: what to do; nothing that a server has said, nor what is or is not at an address.
            of_server: whether other searches of the namespace will find the server no better.
            of_run: whether another run may go well.
        """
        super().__init__(message)
        self.reason, self.message, self.of_server, self.of_run = reason, message, of_server, of_run
