"""Architectures as a JSON object of decisions and values, as they stand in ``NASTrial.spec.candidates[]``.

In the flow: a person copies one from a trial into `spec.guidance.inject`, and `nas_core.spaces.guidance` reads it here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from nas_core.spaces.as_written import as_written
from nas_core.spaces.base import ArchitectureError, SearchSpace
from nas_core.spaces.joint import PREFIX

SHOWN = 64
"""Characters of a name or a value that a message repeats, and names that it lists at most."""
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')


def is_encoding(text: str) -> bool:
    """Whether it is meant as a JSON object; no space has a readable text that begins like one."""
    return text.lstrip().startswith("{")


def read_encoding(space: SearchSpace, text: str) -> dict[str, str]:
    """Read an architecture, with the hyperparameters that the space may have: by their own names or as ``hp.<name>``.

    ``text``: its length is bounded by the caller.

    Raises:
        ArchitectureError: if it is no such object, or not of the space; the message names decision, value and remedy.
    """
    there = {decision.name: decision for decision in space.decisions}
    values: dict[str, str] = {}
    for written, value in _pairs(text):
        # Exact names go first: a hyperparameter may be called as a decision of the architecture is.
        name = written if written in there else PREFIX + written
        if name not in there:
            names = ", ".join(list(there)[:SHOWN]) + (", …" if len(there) > SHOWN else "")
            raise ArchitectureError(f"{written[:SHOWN]!r} is no decision of {space.name}; there are {names}")
        if name in values:
            raise ArchitectureError(f"decision {name!r} has two values; remove one")
        decision = there[name]
        if not isinstance(value, str) or not decision.allows(as_written(decision, value)):
            raise ArchitectureError(
                f"decision {name!r} is {json.dumps(value)[:SHOWN]}; it has to be {decision.expected}"
            )
        values[name] = as_written(decision, value)
    space.validate(values)
    return {decision.name: values[decision.name] for decision in space.active(values)}


def _pairs(text: str) -> Sequence[tuple[str, object]]:
    """Return names and values of an object, numbers as they are written.

    Raises:
        ArchitectureError: if it is none, or has lists or objects inside.
    """
    bare = _STRING.sub("", text)
    # Before it is parsed, which would follow any depth.
    if bare.count("{") + bare.count("[") > 1:
        raise ArchitectureError(
            "it has objects or lists inside; write decisions and hyperparameters into one object of names and values"
        )
    try:
        pairs: Sequence[tuple[str, object]] = json.loads(
            text, object_pairs_hook=list, parse_int=str, parse_float=str, parse_constant=str
        )
    except json.JSONDecodeError as wrong:
        raise ArchitectureError(f"it is no JSON object: {wrong}") from None
    return pairs
