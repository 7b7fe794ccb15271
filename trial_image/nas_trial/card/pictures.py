"""The pictures of a card as PNG files, by Matplotlib: what is confused, what confidence is worth, what errors are left.

The same numbers give the same bytes: no time and no version is written into the files.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from nas_trial.card.quality import ClassesQuality, NumbersQuality, Quality, Reliability

if TYPE_CHECKING:  # takes a second, which only who draws waits for
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CONFUSION, RELIABILITY, RESIDUALS = "card/confusion.png", "card/reliability.png", "card/residuals.png"
NAMED_CLASSES = 30
"""With more classes, names and counts would not be readable."""
COUNTED_CLASSES = 15
MOST_CLASSES = 1_000
"""With more classes there is no picture of what is confused: less than a pixel would be left for each."""
MOST_POINTS = 5_000
MOST_TARGETS = 6
NAME_LENGTH = 24
DPI = 100


def pictures(quality: Quality) -> dict[str, bytes]:
    """Return the PNG files of a card by name."""
    if isinstance(quality, NumbersQuality):
        return {RESIDUALS: _residuals(quality)}
    found = {}
    if quality.confusion is not None and len(quality.rows) <= MOST_CLASSES:
        found[CONFUSION] = _confusion(quality)
    return found | {RELIABILITY: _reliability(quality.reliability)}


def _confusion(quality: ClassesQuality) -> bytes:
    assert quality.confusion is not None
    counts, names = quality.confusion, [_short(row.name) for row in quality.rows]
    named = len(names) <= NAMED_CLASSES
    side = max(4.0, min(10.0, 2.5 + 0.4 * len(names))) if named else 7.0
    figure, axes = _figure(side + 1, side)
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    drawn = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    figure.colorbar(drawn, ax=axes, label="share of the true class", shrink=0.8)
    axes.set(xlabel="predicted class", ylabel="true class")
    if named:
        axes.set_xticks(range(len(names)), names, rotation=60, ha="right")
        axes.set_yticks(range(len(names)), names)
    if len(names) <= COUNTED_CLASSES:
        for (row, column), count in np.ndenumerate(counts):
            colour = "white" if shares[row, column] > 0.5 else "black"
            axes.text(column, row, str(count), ha="center", va="center", color=colour, fontsize=9)
    return _png(figure)


def _reliability(found: Reliability) -> bytes:
    figure, axes = _figure(4.5, 4.5)
    axes.plot([0, 1], [0, 1], color="0.6", linestyle="--", label="perfect")
    axes.plot(found.confidence, found.right, marker="o", color="tab:blue", label="this model")
    axes.set(xlim=(0, 1), ylim=(-0.02, 1.02), xlabel="confidence", ylabel="share that is right")
    axes.set_title(f"expected calibration error {found.error:.3f}", fontsize=10)
    axes.legend(loc="upper left", fontsize=9)
    return _png(figure)


def _residuals(quality: NumbersQuality) -> bytes:
    from matplotlib.figure import Figure

    rows = quality.rows[:MOST_TARGETS]
    figure = Figure((4.5 * len(rows), 4.0), DPI, layout="constrained")
    # Evenly over all examples, not at random: the picture stays the same.
    places = np.unique(np.linspace(0, len(quality.true) - 1, MOST_POINTS).astype(int))
    for number, row in enumerate(rows):
        axes = figure.add_subplot(1, len(rows), number + 1)
        true, predicted = quality.true[places, number], quality.predicted[places, number]
        axes.scatter(predicted, predicted - true, s=8, alpha=0.5, color="tab:blue", linewidths=0)
        axes.axhline(0, color="0.4", linewidth=1)
        axes.set(xlabel=f"predicted {_short(row.name)}", ylabel="predicted minus true")
    return _png(figure)


def _figure(width: float, height: float) -> tuple[Figure, Axes]:
    # Not pyplot, which keeps its figures and looks for a display.
    from matplotlib.figure import Figure

    figure = Figure((width, height), DPI, layout="constrained")
    return figure, figure.add_subplot()


def _png(figure: Figure) -> bytes:
    file = io.BytesIO()
    figure.savefig(file, format="png", metadata={"Software": None})
    return file.getvalue()


def _short(name: str) -> str:
    """Return a name that fits, and in which no sign has a meaning: a dollar begins a formula."""
    plain = name.replace("$", r"\$")
    return plain if len(plain) <= NAME_LENGTH else plain[: NAME_LENGTH - 1] + "…"


def names_of(files: Sequence[str]) -> dict[str, str]:
    """Return what to say of each picture for who does not see it."""
    said = {
        CONFUSION: "Confusion matrix: true classes by predicted classes",
        RELIABILITY: "Reliability: share that is right by confidence",
        RESIDUALS: "Residuals: predicted minus true, by predicted",
    }
    return {name: said[name] for name in files}
