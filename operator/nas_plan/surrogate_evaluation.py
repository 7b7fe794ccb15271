"""Searches whose candidates are evaluated by a surrogate alone (`evaluation.surrogate`). Pure.

A trial of such a search has its result when it is made (`nas_plan.known_result`), so no Job is started for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from threading import Lock

from nas_core.api.search import NASSearchSpec
from nas_core.api.trial import KnownResult, NASTrialSpec
from nas_core.history import Earlier
from nas_core.reasons import PlainReason
from nas_core.records.conditions import MESSAGE_LIMIT
from nas_core.spaces import get_space
from nas_plan.proxy_reliability import Reliability
from nas_plan.surrogate_reliability import sources_in_words, tau_of
from nas_search.surrogate_evaluation import SurrogateEvaluation

KEPT = 16
"""Searches whose fitted predictors are remembered; of any other they are fitted again from what is on record."""
UNTRAINED = "nothing is trained: add spec.retrain to know what the best are worth"
REMEDY = (
    "name other searches in evaluation.surrogate.from, of the same data and epochs and with more results, try another "
    "evaluation.surrogate.model, or train candidates"
)


class _Slot:
    """The predictors of one search, once they are fitted."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.fitted: tuple[tuple[Earlier, ...], SurrogateEvaluation] | None = None


def with_predictions(
    spec: NASSearchSpec, trials: Sequence[NASTrialSpec], earlier: tuple[Earlier, ...]
) -> list[NASTrialSpec]:
    """Return new trials with what is predicted of their candidates."""
    if not trials:
        return []
    with _evaluation(spec, earlier) as surrogate:
        found = [surrogate.evaluate(trial.candidates) for trial in trials]
    return [
        trial.model_copy(update={"known": [KnownResult.of(metrics) for metrics in each]})
        for trial, each in zip(trials, found, strict=True)
    ]


def evaluation_fault(spec: NASSearchSpec, earlier: tuple[Earlier, ...]) -> str | None:
    """Say why no candidate can be evaluated, and what to do; None if all is well."""
    with _evaluation(spec, earlier) as surrogate:
        if surrogate.ranks:
            return None
    found = evaluation_reliability(spec, earlier)
    return f"candidates cannot be evaluated by a surrogate: {found.message}"


def evaluation_reliability(spec: NASSearchSpec, earlier: tuple[Earlier, ...]) -> Reliability:
    """Return the condition `SurrogateReliable` of such a search."""
    with _evaluation(spec, earlier) as surrogate:
        worth, missing, ranks = surrogate.worth, surrogate.missing, surrogate.ranks
    assert spec.evaluation.surrogate is not None
    sources = sources_in_words(worth)
    held_out = worth.held_out
    said = "earlier results cannot be ranked from each other"
    if held_out is not None and held_out.interval is not None:
        said = f"{spec.evaluation.surrogate.model}: {tau_of(held_out)} of {held_out.count} earlier results, each "
        said += "predicted from others"
    if ranks:
        advice = "" if spec.retrain else f"; {UNTRAINED}"
        return Reliability("True", PlainReason.SURROGATE_RANKS, f"{said}{advice}{sources}"[:MESSAGE_LIMIT])
    # What no source has that is used, is not the fault of the metric.
    if missing and any(source.used for source in worth.sources):
        said = f"too few earlier results have {', '.join(missing)}"
    said = f"{said}; {REMEDY}{sources}"
    return Reliability("False", PlainReason.SURROGATE_DOES_NOT_RANK, said[:MESSAGE_LIMIT])


@contextmanager
def _evaluation(spec: NASSearchSpec, earlier: tuple[Earlier, ...]) -> Iterator[SurrogateEvaluation]:
    """Give the fitted predictors of a search; plans run in threads, and searches that ask for the same share them."""
    parts = {"search_space", "hyperparameters", "objectives", "constraints", "targets", "evaluation", "task"}
    slot = _slot(spec.model_dump_json(include=parts))
    with slot.lock:
        # By content: what is on record of another search is never taken.
        if slot.fitted is None or slot.fitted[0] != earlier:
            asked = spec.evaluation.surrogate
            assert asked is not None, "only for searches with evaluation.surrogate"
            space = get_space(spec.search_space, spec.hyperparameters)
            made = SurrogateEvaluation(space, spec.objectives, spec.named_limits, asked.model, earlier)
            slot.fitted = earlier, made
        yield slot.fitted[1]


@lru_cache(maxsize=KEPT)
def _slot(key: str) -> _Slot:
    return _Slot()
