"""Which parts of a space of cells a gradient strategy can mix: those that leave the same operations to all of a node.

A mixed network has an edge from each earlier state to a node, and which two of them are the node's inputs is only known
when an architecture is derived. So what is left of one of its operations has to be left of the other.
"""

from __future__ import annotations

from nas_core.spaces.base import SearchSpace
from nas_core.spaces.decisions import Decision
from nas_core.spaces.edge_cells import NONE
from nas_core.spaces.input_cells import InputCells


def mixed_fault(part: SearchSpace) -> str | None:
    """Say why a gradient strategy cannot keep to a part of a space, and what to do; None if it can."""
    if not isinstance(part, InputCells):
        return None
    left = {decision.name: decision for decision in part.open}
    for whole in part.decisions:
        group, _, what = whole.name.rpartition(".")
        mine = left[whole.name]
        if mine is whole:
            same = what != "op1" or left[f"{group}.op0"] is next(d for d in part.decisions if d.name == f"{group}.op0")
        elif what.startswith("input"):
            return f"{whole.name}: a gradient strategy chooses the inputs of nodes by itself; guide their operations"
        else:
            same = _values(mine) == _values(left[f"{group}.op{1 - int(what[-1])}"])
            if _values(mine) == {NONE}:
                return f"{whole.name}: only none is left, which a gradient strategy never derives here; leave another"
        if not same:
            return (
                f"{group}.op0 and {group}.op1: a gradient strategy mixes the same operations for both inputs of a "
                f"node; guide them together, as {group}.op?"
            )
    return None


def _values(decision: Decision) -> set[str]:
    return set(decision.values())
