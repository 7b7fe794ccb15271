"""The metrics of an architecture that was trained again with several seeds (`spec.retrain.seeds`). Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from statistics import fmean, stdev

from nas_core.metric_names import STD


def means(trainings: Sequence[Mapping[str, float]], decisive: Collection[str]) -> dict[str, float]:
    """Return the means of the metrics that all trainings have; of one training these are its metrics as they are.

    Those that are ``decisive`` come first, each with its standard deviation (of a sample): no limit cuts them off.
    """
    if len(trainings) == 1:
        return dict(trainings[0])
    # A deviation within a training is not one over them.
    common = [name for name in trainings[0] if not name.endswith(STD) and all(name in each for each in trainings)]
    values = {name: [each[name] for each in trainings] for name in common}
    first: dict[str, float] = {}
    for name in (name for name in common if name in decisive):
        first |= {name: fmean(values[name]), f"{name}{STD}": stdev(values[name])}
    return first | {name: fmean(values[name]) for name in common}
