"""Makes the search space of a search: a ready-made one, or one that the user describes in one of three forms."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from nas_core.api.decision import DecisionSpec
from nas_core.api.space import SearchSpaceSpec
from nas_core.spaces.base import SearchSpace
from nas_core.spaces.joint import JointSpace
from nas_core.spaces.lengths import check_text, check_values
from nas_core.spaces.ready_made import DEFAULT, READY_MADE
from nas_core.spaces.spec_cell import space_of_cell
from nas_core.spaces.spec_decisions import decision_of, space_of_decisions
from nas_core.spaces.spec_stages import space_of_stages


def get_space(spec: SearchSpaceSpec, hyperparameters: Sequence[DecisionSpec] = ()) -> SearchSpace:
    """Return the space that a search asks for, joined with hyperparameters; the same object for equal specs.

    Raises:
        ValueError: if the user's own decisions do not fit together (the message names the decision), if architectures
            would be longer than a trial's record has room for, or if the depth is more than the space has.
    """
    # Text as the key of the cache: models with lists in them cannot be hashed.
    space = _get_space(spec.model_dump_json(exclude={"ref"}, exclude_defaults=True))
    if not hyperparameters:
        return space
    return _joined(space, tuple(decision.model_dump_json(exclude_defaults=True) for decision in hyperparameters))


@functools.lru_cache(maxsize=128)
def _joined(space: SearchSpace, hyperparameters: tuple[str, ...]) -> SearchSpace:
    beside = [decision_of(DecisionSpec.model_validate_json(text)) for text in hyperparameters]
    check_values((), beside)
    joint = JointSpace(space, beside)
    check_text(joint.longest_text)
    return joint


@functools.lru_cache(maxsize=128)
def _get_space(text: str) -> SearchSpace:
    space = _described(SearchSpaceSpec.model_validate_json(text))
    check_values(space.decisions)
    check_text(space.longest_text)
    return space


def _described(spec: SearchSpaceSpec) -> SearchSpace:
    if spec.decisions is not None:
        return space_of_decisions(spec.decisions)
    if spec.cell is not None:
        return space_of_cell(spec.cell)
    if spec.stages is not None:
        return space_of_stages(spec.stages, spec.resolutions, spec.width, spec.depth)
    return READY_MADE[spec.name or DEFAULT](spec)
