"""What can be wrong with what a network, its preprocessing or a bundle is given."""

from __future__ import annotations


class CandidateRejected(Exception):
    """The candidate or its input is wrong, and trying again cannot help.

    ``reason`` is a PascalCase word, ``message`` names what is wrong and the remedy.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason, self.message = reason, message


class DatasetInvalid(CandidateRejected):
    """The data cannot be learned from, or predicted for."""

    def __init__(self, message: str) -> None:
        super().__init__("DatasetInvalid", message)


class BundleError(Exception):
    """A bundle cannot be read; the message names the file and what is wrong with it."""


class InputInvalid(ValueError):
    """A model cannot predict for what it was given; the message says what it takes."""
