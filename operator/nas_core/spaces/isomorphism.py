"""One form for all graphs that differ in the names of their vertices alone: colour refinement, then the least order.

A vertex's colour begins with what it is, and takes in the colours around it until nothing changes. Colours alone would
take some different graphs for one (two alike vertices, of which another reads one twice or both once), so vertices of
one colour are tried in every order; there are seldom any.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any


def least_form(
    colours: Sequence[int],
    around: Callable[[int, Sequence[int]], Any],
    vertices: Sequence[int],
    write: Callable[[Sequence[int]], str],
) -> str:
    """Return the least of the forms over the orders of the vertices that colour refinement leaves open.

    Args:
        colours: of each vertex in the beginning.
        around: what a vertex sees, given the colours of all; can be sorted.
        vertices: those that may be put into another order.
        write: the form with the vertices in an order.
    """
    # After as many rounds as there are vertices no colour can split any further.
    for _ in vertices:
        seen = [(colour, around(vertex, colours)) for vertex, colour in enumerate(colours)]
        # Ranks by content, not by the vertices' numbers: these isomorphic graphs share.
        ranks = sorted(seen)
        colours = [ranks.index(mine) for mine in seen]
    groups = itertools.groupby(sorted(vertices, key=lambda v: colours[v]), key=lambda v: colours[v])
    orders = itertools.product(*(itertools.permutations(group) for _, group in groups))
    return min(write([vertex for group in order for vertex in group]) for order in orders)
