"""A cure: a derived cell has at most so many skip connections.

Where there are more, the weakest gives way to the strongest other option of its edge, and the cell is derived again,
until there are few enough. An edge to which guidance leaves nothing else keeps its own. Reference: Chen, Xie, Wu &
Tian, "Progressive Differentiable Architecture Search", ICCV 2019, arXiv:1904.12760, section 3.3.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nas_core.spaces.edge_cells import SKIP

Strengths = list[list[float]]
"""How strong each option is on each edge; below 0: another one is chosen, minus infinity: it is forbidden."""


def limited(
    strengths: Strengths,
    options: Sequence[str],
    choose: Callable[[Strengths], dict[int, int]],
    limit: int | None,
) -> dict[int, int]:
    """Return what ``choose`` chooses, by edges their options, with at most ``limit`` skip connections (None: any)."""
    chosen = choose(strengths)
    if limit is None or SKIP not in options:
        return chosen
    skip = options.index(SKIP)
    while (
        len(skips := [edge for edge, option in chosen.items() if option == skip and strengths[edge][skip] >= 0]) > limit
    ):
        weakest = min(skips, key=lambda edge: strengths[edge][skip])
        strengths = [
            [-1.0 if (edge, option) == (weakest, skip) else value for option, value in enumerate(row)]
            for edge, row in enumerate(strengths)
        ]
        chosen = choose(strengths)
    return chosen
