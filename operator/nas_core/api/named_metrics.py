"""Where a search names metrics: its objectives, its constraints, and the constraints of its targets.

Rules about metrics (`metric_rules`, `task_rules`) hold in each of these places. Here is the CEL that goes through one
of them, and the same in Python.
"""

from __future__ import annotations

from typing import Any, Literal

Field = Literal["objectives", "constraints", "targets"]


def any_wrong(field: Field, wrong: str) -> str:
    """Return CEL that holds where one is wrong; ``wrong`` is CEL of an objective or a constraint ``o``."""
    if field == "targets":
        return f"has(self.targets) && self.targets.exists(t, t.constraints.exists(o, {wrong}))"
    return f"has(self.{field}) && self.{field}.exists(o, {wrong})"


def first_wrong(field: Field, wrong: str, text: str) -> str:
    """Return CEL of a message about the first that is wrong; ``text`` is CEL of what to say of an ``o``."""
    # map() with a condition, not a filter() before it: the API server bounds the length of what is in a list of the
    # spec alone.
    if field == "targets":
        of_target = f"t.constraints.map(o, {wrong}, {text})[0]"
        return f"self.targets.map(t, t.constraints.exists(o, {wrong}), 'target ' + t.name + ': ' + {of_target})[0]"
    return f"self.{field}.map(o, {wrong}, {text})[0]"


def named(spec: Any, field: Field) -> list[tuple[str, Any]]:
    """Return the objectives or constraints of a `NASSearchSpec`, each with what a message says before it."""
    if field == "targets":
        return [(f"target {target.name}: ", one) for target in spec.targets for one in target.constraints]
    return [("", one) for one in getattr(spec, field)]
