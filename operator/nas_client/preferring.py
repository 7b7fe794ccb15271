"""What somebody says of two candidates of a search, as `spec.guidance.comparisons` has it. Pure."""

from __future__ import annotations

import math

from nas_client.errors import InvalidInput
from nas_client.search_state import SearchState
from nas_core.api.guidance import MOST_COMPARISONS, Comparison
from nas_core.comparisons import results_of
from nas_core.objectives import costs_of
from nas_core.states import Work


def index_of(state: SearchState, candidate: str) -> int:
    """Return the index of a candidate that has a result.

    Raises:
        InvalidInput: if there is none, or a trial has several.
    """
    name = state.search.meta.name
    text = candidate.removeprefix(f"{name}/")
    if text.isdecimal():
        index = int(text)
    else:
        trial = next((one for one in state.trials if one.meta.name == text and one.spec.work == Work.TRAIN), None)
        if trial is None:
            raise InvalidInput(f"{candidate}: no candidate of {name}; nasctl trials {name} lists their indices")
        if trial.size > 1:
            last = trial.next_index - 1
            raise InvalidInput(f"{candidate} has {trial.size} candidates; name one of {trial.spec.index} to {last}")
        index = trial.spec.index
    known = results_of({index}, state.trials, state.status.best)
    found = costs_of(known.get(index, {}), state.spec.objectives)
    if not all(map(math.isfinite, found)):
        raise InvalidInput(f"{candidate}: no result of all objectives; nasctl trials {name} lists those that have one")
    return index


def with_comparison(state: SearchState, better: int, worse: int) -> list[Comparison]:
    """Return the comparisons of a search with one more at the end; an earlier one of the same two goes.

    Raises:
        InvalidInput: if both are the same candidate, or there is no room for more.
    """
    if better == worse:
        raise InvalidInput(f"candidate {better} is both; name two")
    known = state.spec.guidance.comparisons if state.spec.guidance else []
    kept = [one for one in known if {*one.both} != {better, worse}]
    if len(kept) >= MOST_COMPARISONS:
        raise InvalidInput(
            f"{state.search.meta.name} has {len(kept)} comparisons, as many as there may be; remove some from "
            "spec.guidance.comparisons"
        )
    return [*kept, Comparison(better=better, worse=worse)]
