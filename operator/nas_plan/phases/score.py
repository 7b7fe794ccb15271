"""Before the first trial trains: the candidates to score, packed into trials, and their scores.

The candidates follow from the search's spec alone. So trials that are missing, for whatever reason, are created again
until the first one trains. From then on the scores are those that the trials have recorded, so every decision sees the
same ones.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from nas_core.api.search import NASSearchSpec
from nas_core.api.trial import CandidateSpec, NASTrialSpec
from nas_core.reasons import SearchReason
from nas_core.records.trial import TrialView
from nas_core.spaces import get_space
from nas_core.states import Work
from nas_plan.ask import trial_seed
from nas_plan.judgement import Judgement
from nas_plan.look import Look
from nas_plan.phases.phase import Step
from nas_plan.search_standing import Standing
from nas_search import scoring_of
from nas_search.scoring import draw

PACKED = 256
"""Candidates of a trial at most."""
PACKED_BYTES = 96 * 1024
"""Bytes of a trial's candidates at most: its input is an annotation, of which Kubernetes takes 256 KiB in all."""


def step(look: Look, standing: Standing) -> Step | None:
    """Go on with scoring until every candidate that is drawn has its scores."""
    if standing.over:
        return None
    scoring = look.by_work[Work.SCORE]
    # From the first trained candidate on nothing is scored any more: every decision has to see the same scores.
    missing = [] if look.first_index else _missing(look, [j.trial for j in scoring])
    if missing or not all(j.trial.recorded for j in scoring):
        if not standing.go:
            return Step(standing)
        if standing.reason == SearchReason.RUNNING:
            done = sum(j.trial.size for j in scoring if j.trial.recorded)
            message = f"{done} of {_total(look)} candidates have been scored"
            standing = Standing(SearchReason.SCORING, message)
        return Step.creating(look, standing, missing)
    if scoring and not look.first_index and not look.scores:
        return Step(_unscorable(scoring) if standing.go else standing)
    return None


def _missing(look: Look, trials: Sequence[TrialView]) -> list[NASTrialSpec]:
    # To draw ten thousand candidates takes ten seconds, so it is not done again to see that none is missing.
    return [] if sum(trial.size for trial in trials) >= _total(look) else pack_missing(look.spec, trials)


def _total(look: Look) -> int:
    """Return how many candidates are scored: as the status says since the first look at this spec."""
    status = look.search.status
    if status.plan and status.observed_generation == look.search.generation:
        return status.plan.scored or 0
    return len(draw_candidates(look.spec))


def _unscorable(scoring: Sequence[Judgement]) -> Standing:
    why = next((j.trial.failures[0] for j in scoring if j.trial.failures), "no result")
    return Standing(
        SearchReason.SCORING_FAILED,
        f"none of the candidates could be scored: {why}. Correct the cause, delete the trials that score "
        f"({scoring[0].trial.meta.name} and others), and they are scored again",
    )


def pack_missing(spec: NASSearchSpec, trials: Sequence[TrialView]) -> list[NASTrialSpec]:
    """Return the trials that score what none of ``trials`` scores yet, such that all slots have work."""
    candidates = draw_candidates(spec)
    covered = {candidate.id for trial in trials for candidate in trial.spec.candidates}
    # No more than an even share: one large pack would leave the other slots idle.
    most = min(PACKED, math.ceil(len(candidates) / spec.budget.parallel_trials))
    packs: list[tuple[int, list[CandidateSpec]]] = []
    size = 0
    for place, candidate in enumerate(candidates):
        if candidate.id in covered:
            continue
        bytes_ = len(candidate.model_dump_json(by_alias=True, exclude_defaults=True))
        # A pack holds neighbours only, because its trial is named after the place of its first candidate.
        follows = packs and packs[-1][0] + len(packs[-1][1]) == place
        if not follows or len(packs[-1][1]) >= most or size + bytes_ > PACKED_BYTES:
            packs.append((place, []))
            size = 0
        packs[-1][1].append(candidate)
        size += bytes_
    return [
        NASTrialSpec(index=place, basis=0, work=Work.SCORE, candidates=pack, seed=trial_seed(spec.strategy.seed, place))
        for place, pack in packs
    ]


def draw_candidates(spec: NASSearchSpec) -> tuple[CandidateSpec, ...]:
    """Return all candidates that are to be scored, none if the search asks for no scores."""
    asked = scoring_of(spec.strategy, spec.evaluation)
    if asked is None:
        return ()
    # Whose trainer it is too, as rules go by that.
    needed: dict[str, Any] = {
        **dict.fromkeys(("task", "search_space", "hyperparameters"), True),
        "trial_template": {"image", "command"},
        "evaluation": {"benchmark"},
    }
    return _draw(spec.model_dump_json(by_alias=True, include=needed), spec.strategy.seed, asked.candidates)


@lru_cache(maxsize=2)
def _draw(spec: str, seed: int, count: int) -> tuple[CandidateSpec, ...]:
    """Draw once for the many looks while they are scored; the text of each is for people, and takes room."""
    read = NASSearchSpec.model_validate_json(spec)
    candidates = draw(get_space(read.search_space, read.hyperparameters), seed, count)
    return tuple(candidate.model_copy(update={"text": None}) for candidate in candidates)
