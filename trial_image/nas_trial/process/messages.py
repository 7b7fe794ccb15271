"""How what one process has is written for the others: as JSON or tensors, never as objects that are unpickled.

Processes of one attempt may be in several pods, and what comes over a network could be anybody's: unpickled it would
run as code.
"""

from __future__ import annotations

import json
from typing import Any, Protocol, TypeVar

from pydantic import TypeAdapter

T = TypeVar("T")


class Form(Protocol[T]):
    """How values of a type are written and read."""

    def write(self, value: T) -> bytes:
        """Return a value as bytes."""

    def read(self, content: bytes) -> T:
        """Return the value of such bytes.

        Raises:
            ValueError: if they are of no value of the type.
        """


class Json(Form[T]):
    """Anything that pydantic knows: numbers, texts, lists, models, dataclasses."""

    def __init__(self, kind: Any) -> None:
        self._kind: TypeAdapter[T] = TypeAdapter(kind)

    def write(self, value: T) -> bytes:
        """Return a value as JSON; floats come back bit for bit, infinities too."""
        # Not `dump_json`, which writes null for a float that is not finite.
        return json.dumps(self._kind.dump_python(value, mode="json", by_alias=True)).encode()

    def read(self, content: bytes) -> T:
        """Return the value."""
        return self._kind.validate_python(json.loads(content))
