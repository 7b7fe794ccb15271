"""How many candidates a search can try in the time that it may take: a rough reckoning from one small table. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from nas_client.looking.seen import TEST_FRACTION, Seen
from nas_core.api.search import NASSearchSpec
from nas_core.api.trial import DatasetSummary
from nas_core.records.chosen import complete
from nas_plan.defaults import choose_settings

STEP_S: Mapping[str, float] = {
    "tabular-classification": 0.07,
    "regression": 0.07,
    "image-classification": 0.13,
    "text-classification": 0.16,
    "audio-classification": 0.12,
    "time-series-classification": 0.03,
    "multi-modal-classification": 0.18,
}
"""Seconds of a step with 64 examples, by task.type with the space that it gets by default, on one CPU core. How they
were measured: docs/from-a-csv-to-a-model.md."""
STEP_EXAMPLES, STEP_PIXELS = 64, 32 * 32
"""The examples of such a step, and the pixels of its images; with more of them a step takes longer in proportion."""
START_S = 6.0
"""Seconds that a candidate takes beside its training."""
FEWEST, MOST = 4, 60
"""Candidates: fewer are no search, and of more the last ones seldom are the best."""


@dataclass(frozen=True)
class Reckoning:
    """What a candidate takes."""

    trials: int
    """That are tried in the time."""
    seconds: float
    """Of one."""
    words: str
    """How it was reckoned."""


def reckon(seen: Seen, task: str, time: timedelta) -> Reckoning:
    """Return how many candidates are tried."""
    spec = NASSearchSpec.model_validate({"task": {"type": task, "dataset": {"path": "/data"}}})
    left = seen.examples * (1 if seen.has_test else 1 - float(TEST_FRACTION))
    training = round(left * (1 - float(spec.task.dataset.validation_fraction)))
    spec = complete(spec, choose_settings(spec, DatasetSummary(hash="", training=training, validation=0)))
    batch, epochs = spec.evaluation.batch_size, spec.evaluation.epochs
    steps = epochs * math.ceil(training / batch)
    pixels = seen.pixels if seen.pixels is not None and task == "image-classification" else STEP_PIXELS
    step = STEP_S[task] * batch / STEP_EXAMPLES * pixels / STEP_PIXELS
    seconds, parallel = START_S + steps * step, spec.budget.parallel_trials
    possible = int(time.total_seconds() * parallel / seconds)
    trials = min(MOST, max(FEWEST, possible))
    bound = f" (of {possible:,} possible)" if possible > MOST else ""
    unseen = "" if seen.complete else "; there are more examples than were looked at, so it takes longer"
    words = (
        f"a candidate takes about {seconds:,.0f} s on a CPU core: {START_S:.0f} s, and {epochs} epochs of "
        f"{steps // epochs:,} steps of {step:.2g} s with {batch} examples each; {parallel} at a time{unseen}: "
        f"{trials} candidates{bound}"
    )
    return Reckoning(trials, seconds, words)
