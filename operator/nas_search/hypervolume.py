"""The hypervolume of results: how much of the space of objectives they beat, up to a reference point. Exact.

The volume is cut at each point along the last objective; what a point adds there is its own box in the other objectives
less what the points above it cover of that, so each step has one objective less, and two are summed in one sweep.
References: Zitzler & Thiele, "Multiobjective Evolutionary Algorithms: A Comparative Case Study and the Strength Pareto
Approach", 1999; limited sets: While, Bradstreet & Barone, "A Fast Way of Calculating Exact Hypervolumes" (WFG), 2012.
"""

from __future__ import annotations

import numpy as np

from nas_search.ranking import Floats, non_dominated


def hypervolume(values: Floats, reference: Floats) -> float:
    """Return the volume that is at least as bad as some row and no worse than the reference; 0 if there is none.

    Args:
        values: shape (n, objectives); less is better (`nas_search.ranking.costs`). Rows that are not better than the
            reference in every objective, or have NaN, add nothing.
        reference: shape (objectives,), finite.

    Raises:
        ValueError: if the shapes do not fit, or the volume is infinite.
    """
    values, reference = np.asarray(values, dtype=np.float64), np.asarray(reference, dtype=np.float64)
    if values.ndim != 2 or reference.shape != values.shape[1:] or not len(reference):
        raise ValueError(
            f"values have to be (n, objectives) and reference (objectives,), not {values.shape} and {reference.shape}"
        )
    inside = values[np.all(values < reference, axis=1)]  # rows with nan compare false and drop out
    if not np.all(np.isfinite(reference)) or not np.all(np.isfinite(inside)):
        raise ValueError("the hypervolume of infinite values is not defined; leave them out")
    return _union(reference - inside)


def _union(sides: Floats) -> float:
    """Return the volume that boxes cover together; each reaches from the origin to a row of ``sides`` (n, d)."""
    if not len(sides):
        return 0.0
    if sides.shape[1] == 1:
        return float(sides.max())
    # Dominated boxes lie within others; without them each cut below has fewer points.
    sides = sides[non_dominated(-sides)]
    sides = sides[np.argsort(sides[:, -1], kind="stable")]
    if sides.shape[1] == 2:  # the first side shrinks as the last grows
        return float(sides[:, 0] @ np.diff(sides[:, 1], prepend=0.0))
    total = 0.0
    # Rising in the last side: each box reaches farther there than those before it, and adds the part of its
    # other sides that the boxes after it, which reach farther still, do not cover.
    for place, side in enumerate(sides):
        own = side[:-1]
        covered = _union(np.minimum(sides[place + 1 :, :-1], own))
        total += float(side[-1]) * (float(np.prod(own)) - covered)
    return total
