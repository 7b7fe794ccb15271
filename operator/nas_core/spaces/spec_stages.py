"""Makes a space from the stages that a user describes."""

from __future__ import annotations

from collections.abc import Sequence

from nas_core.api.stages import StageSpec
from nas_core.spaces.stages import Macro, Stage
from nas_core.spaces.stages_space import StagesSpace

_SE = {"off": ("no",), "on": ("yes",), "search": ("no", "yes")}


def space_of_stages(
    stages: Sequence[StageSpec], resolutions: Sequence[str] | None, width: int | None, depth: int | None
) -> StagesSpace:
    """Return the space of the user's own stages; stem and head are as wide as the first and the last of them.

    Raises:
        ValueError: if they do not make a space; the message says what to do.
    """
    described = tuple(_stage(spec) for spec in stages)
    macro = Macro(
        stem=described[0].widths[0],
        stages=described,
        head=max(described[-1].widths),
        resolutions=tuple(resolutions or ("1",)),
    )
    space = StagesSpace("own-stages", macro.scaled(width, depth))
    if not space.decisions:
        raise ValueError("stages leave nothing to decide; give widths, kernels, depth or another field two values")
    return space


def _stage(spec: StageSpec) -> Stage:
    return Stage(
        widths=tuple(spec.widths),
        blocks=tuple(spec.blocks),
        kernels=tuple(spec.kernels),
        expansions=tuple(spec.expansions),
        se=_SE[spec.squeeze_excitation],
        heads=tuple(spec.heads),
        depth=(spec.depth.min, spec.depth.max),
        stride=spec.stride,
        per_layer=spec.per_layer,
    )
