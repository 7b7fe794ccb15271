"""The table: rank correlation of each proxy with the accuracy, beside what was published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

PUBLISHED = {"synflow": 0.737, "jacob_cov": 0.731, "grad_norm": 0.594}
"""Spearman on NAS-Bench-201 with CIFAR-10: Abdelfattah et al. 2021, Krishnakumar et al. 2022."""
BELOW = 0.08
"""How far below the published number a proxy may be."""
RESAMPLES = 1000


def show(
    scores: Mapping[str, Sequence[float]], seconds: Mapping[str, Sequence[float]], accuracy: Sequence[float]
) -> None:
    """Print a line for each proxy, the best first, and the headline."""
    found = {name: correlation(values, accuracy) for name, values in scores.items()}
    print(f"| proxy, {len(accuracy)} architectures | Spearman | 95 % interval | published | difference | CPU ms |")
    print("|---|---|---|---|---|---|")
    for name in sorted(found, key=lambda name: -found[name]):
        low, high = interval(np.array(scores[name]), np.array(accuracy))
        published, difference = "", ""
        if name in PUBLISHED:
            published, difference = f"{PUBLISHED[name]:.3f}", f"{found[name] - PUBLISHED[name]:+.3f}"
        cells = [name, f"{found[name]:.3f}", f"{low:.3f} to {high:.3f}", published, difference]
        print(f"| {' | '.join(cells)} | {1000 * float(np.median(seconds[name])):.0f} |")
    known = {name: value for name, value in PUBLISHED.items() if name in found}
    words = [f"{name} {found[name]:.3f} (published {value:.3f})" for name, value in known.items()]
    short = [name for name, value in known.items() if found[name] < value - BELOW]
    verdict = f"more than {BELOW} below: {', '.join(short)}" if short else f"none more than {BELOW} below"
    print(f"\nSpearman over {len(accuracy)} architectures: {'; '.join([*words, verdict])}")


def correlation(values: Sequence[float], accuracy: Sequence[float]) -> float:
    """Return Spearman's rank correlation."""
    return float(spearmanr(values, accuracy).statistic)


def interval(values: NDArray[np.float64], accuracy: NDArray[np.float64]) -> tuple[float, float]:
    """Return the 95 % interval of the correlation, by drawing architectures with replacement (percentile bootstrap)."""
    rng = np.random.default_rng(0)
    draws = (rng.integers(len(values), size=len(values)) for _ in range(RESAMPLES))
    low, high = np.percentile([spearmanr(values[draw], accuracy[draw]).statistic for draw in draws], [2.5, 97.5])
    return float(low), float(high)
