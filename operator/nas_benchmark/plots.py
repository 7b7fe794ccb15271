"""Draws the curves of a comparison as SVG files, one for each measure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from nas_benchmark.simulation import Run
from nas_benchmark.summary import Trajectories

LEAST_REGRET = 1e-3
"""Least regret on the logarithmic axis: below it a search has as good as found the best."""


def draw(out: Path, curves: Mapping[str, Mapping[str, Trajectories]], runs: Mapping[str, Sequence[Run]]) -> list[Path]:
    """Draw each measure over queries, mean and standard deviation of the mean, and the times of the asks.

    Args:
        out: directory; one SVG a measure is written to it.
        curves: by entrant and measure.
        runs: by entrant.

    Returns:
        The files; none if matplotlib is not installed.
    """
    try:
        # Figure alone, not pyplot: it needs no display and keeps no figures in memory.
        from matplotlib.figure import Figure
    except ImportError:
        return []
    files = []
    for measure in next(iter(curves.values())):
        if measure == "seconds":
            continue
        figure = Figure(figsize=(8, 5), layout="constrained")
        axes = figure.add_subplot(xlabel="queries", ylabel=measure.replace("_", " "), xscale="log")
        for name, of_name in curves.items():
            curve = of_name[measure]
            # inf while a run has found nothing; there is nothing to draw yet.
            finite = np.flatnonzero(np.isfinite(curve.mean))
            mean, error = curve.mean[finite], curve.std[finite] / np.sqrt(len(curve.values))
            low = mean - error
            if measure == "regret":
                axes.set_yscale("log")
                mean, low = np.maximum(mean, LEAST_REGRET), np.maximum(low, LEAST_REGRET)
            axes.plot(finite + 1, mean, label=name)
            axes.fill_between(finite + 1, low, mean + error, alpha=0.2)
        axes.legend()
        axes.grid(alpha=0.3)
        files.append(out / f"{measure}.svg")
        figure.savefig(files[-1])
    figure = Figure(figsize=(8, 0.4 * len(runs) + 1.5), layout="constrained")
    axes = figure.add_subplot(xlabel="time of an ask, ms", xscale="log")
    # The axis is logarithmic and has no 0.
    times = [[max(ms, 1e-3) for run in those for ms in run.ask_ms] for those in runs.values()]
    axes.boxplot(times, orientation="horizontal", tick_labels=list(runs), showfliers=False)
    files.append(out / "ask_ms.svg")
    figure.savefig(files[-1])
    return files
