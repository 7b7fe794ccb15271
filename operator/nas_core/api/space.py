"""Search spaces in YAML: a ready-made one by name, or the user's own; and `NASSearchSpace`, one that is shared.

`nas_core.spaces.get_space` makes the space itself from the spec.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from nas_core.api.base import ApiModel, Condition, Rule, k8s
from nas_core.api.cell import CellSpec
from nas_core.api.decision import DecisionSpec
from nas_core.api.space_names import SPACES_IN_WORDS, SpaceName
from nas_core.api.stages import Resolution, StageSpec
from nas_core.api.types import LocalObjectReference, each_once
from nas_core.api.union import MEMBER, Union


class SearchSpaceSpec(Union):
    """Which architectures are searched: a ready-made space, or cells, stages or decisions of the user's own."""

    default: ClassVar = "the one that suits the task"

    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "!has(self.modalities) || (has(self.name) && self.name == 'multi-modal')",
            "modalities are for the space multi-modal; remove them or name that space",
            field_path=".modalities",
        ),
        Rule(
            "!has(self.resolutions) || has(self.stages)",
            "resolutions belong to stages; remove them, or describe stages",
            field_path=".resolutions",
        ),
        Rule(
            "!has(self.name) || self.name != 'bert' || !has(self.width) || self.width % 64 == 0",
            "bert has heads of 64, so its width is a multiple of that; correct width",
            field_path=".width",
            broken_by=lambda held: (
                f"width {held.width}" if held.name == "bert" and held.width and held.width % 64 else None
            ),
        ),
    )

    name: SpaceName | None = Field(
        default=None,
        json_schema_extra=MEMBER,
        description=f"A ready-made space; default: the one that suits the task. {SPACES_IN_WORDS}",
    )
    width: int | None = Field(
        default=None,
        ge=1,
        le=4096,
        description="The width that all others are multiples of: channels of the first layers. Default: the space's.",
    )
    depth: int | None = Field(
        default=None,
        ge=1,
        le=64,
        description="Cells of a stage, or the largest number of layers. Default: the space's.",
    )
    cell: CellSpec | None = Field(
        default=None,
        json_schema_extra=MEMBER,
        description="A space of your own for images: cells, each a graph of operations. A network is a stack of cells.",
    )
    stages: list[StageSpec] | None = Field(
        default=None,
        json_schema_extra=MEMBER,
        min_length=1,
        max_length=12,
        description="A space of your own for images: convolution, pooling and attention blocks in stages.",
    )
    resolutions: list[Resolution] | None = Field(
        default=None,
        min_length=1,
        max_length=8,
        description="With stages: factors by which the sides of the images may be scaled first, as strings.",
    )
    modalities: list[Literal["image", "text", "tabular"]] | None = Field(
        default=None,
        min_length=2,
        max_length=3,
        json_schema_extra=k8s(rules=(each_once("modality"),)),
        description="For multi-modal: the inputs that get an encoder. The data must have them. Default: all three.",
    )
    decisions: list[DecisionSpec] | None = Field(
        default=None,
        min_length=1,
        max_length=128,
        json_schema_extra=k8s(map_keys=("name",)) | MEMBER,
        description="A space of your own for a trainer of your own (trialTemplate.image), which gets the decisions.",
    )


# Taken from the model, so that a new field is excluded beside `ref` as well.
_FIELDS = [info.alias for info in SearchSpaceSpec.model_fields.values()]


class SearchSpaceSource(SearchSpaceSpec):
    """Which architectures are searched: a shared space by reference, or one described right here."""

    rules: ClassVar[tuple[Rule, ...]] = (
        *SearchSpaceSpec.rules,
        Rule(
            f"!has(self.ref) || !({' || '.join(f'has(self.{name})' for name in _FIELDS)})",
            "ref takes the whole space from a NASSearchSpace; remove the other fields",
            field_path=".ref",
        ),
    )

    ref: LocalObjectReference | None = Field(
        default=None,
        description="A NASSearchSpace in the namespace of the search. It is copied when the search begins.",
    )

    @property
    def described(self) -> SearchSpaceSpec:
        """The space as it is described here, without the reference."""
        return SearchSpaceSpec.model_validate(self.model_dump(exclude={"ref"}, exclude_unset=True))


class NASSearchSpaceStatus(ApiModel):
    """Whether the space can be used, and its size."""

    observed_generation: int | None = Field(default=None, description="Generation of the spec this status describes.")
    conditions: list[Condition] = Field(
        default=[], max_length=4, json_schema_extra=k8s(map_keys=("type",)), description="Accepted."
    )
    size: str | None = Field(
        default=None,
        max_length=32,
        description="Number of encodings, such as 15625 or 1.2e+22; absent when a decision is real.",
    )


class NASSearchSpace(ApiModel):
    """A search space that a team shares. Searches in its namespace refer to it by name."""

    rules: ClassVar = (
        Rule(
            "self.spec == oldSelf.spec",
            "spec cannot change: searches in the space must stay comparable; create a space with another name",
            field_path=".spec",
        ),
    )

    spec: SearchSpaceSpec = Field(description="The space.")
    status: NASSearchSpaceStatus | None = Field(
        default=None, description="Whether the space can be used, and its size."
    )
