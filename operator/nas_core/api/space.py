"""Search spaces in YAML: a ready-made one by name, or the user's own, in the words of `nas_core.spaces.decisions`.

`nas_core.spaces.get_space` makes the space itself from the spec.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from nas_core.api.base import ApiModel, Rule, k8s
from nas_core.api.base import Condition as StatusCondition
from nas_core.api.cell import CellSpec
from nas_core.api.stages import Resolution, StageSpec
from nas_core.api.types import LocalObjectReference
from nas_core.api.union import MEMBER, Union

SpaceName = Literal[
    "efficientnet",
    "hybrid-vision",
    "mobilenet",
    "nas-bench-101",
    "nas-bench-201",
    "nas-bench-301",
    "nasnet",
    "multi-modal",
    "speech-cnn-rnn",
    "tabular",
    "text-transformer",
    "tiny",
]
"""The ready-made spaces; `nas_core.spaces` makes each."""

_WORD = r"^[A-Za-z0-9_.+-]+$"
DecisionName = Annotated[
    str,
    Field(
        max_length=63,
        pattern=r"^[A-Za-z_][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*$",
        json_schema_extra=k8s(must="words of letters, digits, '_' and '-' joined by '.', such as stage1.kernel"),
    ),
]
Word = Annotated[
    str,
    Field(
        max_length=63,
        pattern=_WORD,
        json_schema_extra=k8s(must="made of letters, digits and the characters _ . + -"),
    ),
]
Member = Annotated[
    str,
    Field(
        max_length=63,
        pattern=r"^[A-Za-z0-9_.-]*[A-Za-z0-9_.][A-Za-z0-9_.-]*$",
        json_schema_extra=k8s(must="made of letters, digits and the characters _ . -, not '-' alone"),
    ),
]
Number = Annotated[
    str,
    Field(
        max_length=16,
        pattern=r"^-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]{1,2})?$",
        json_schema_extra=k8s(must="a number as a string, such as '0.5' or '1e-3'"),
    ),
]


class IntegerRange(ApiModel):
    """Whole numbers."""

    rules: ClassVar = (
        Rule(
            "self.min <= self.max",
            "min must not exceed max",
            field_path=".min",
        ),
        Rule(
            "!self.log || self.min >= 1",
            "a logarithmic range begins at 1 or more; raise min or remove log",
            field_path=".min",
        ),
    )

    min: int = Field(ge=-1_000_000, le=1_000_000_000, description="The least.")
    max: int = Field(ge=-1_000_000, le=1_000_000_000, description="The greatest.")
    step: int = Field(default=1, ge=1, le=1_000_000, description="Distance between neighbouring values.")
    log: bool = Field(default=False, description="Draw uniformly in the logarithm.")


class RealRange(ApiModel):
    """Real numbers, written with four significant digits."""

    rules: ClassVar = (
        Rule(
            "double(self.min) < double(self.max)",
            "min must be less than max",
            message_expression="'min (' + self.min + ') must be less than max (' + self.max + ')'",
            field_path=".min",
        ),
        Rule(
            "!self.log || double(self.min) > 0.0",
            "a logarithmic range begins above 0; raise min or remove log",
            field_path=".min",
        ),
    )

    min: Number = Field(description="The least, as a string.")
    max: Number = Field(description="The greatest, as a string.")
    log: bool = Field(default=False, description="Draw uniformly in the logarithm: right for learning rates.")


class SubsetOf(ApiModel):
    """A subset of members, without an order; written a+c."""

    members: list[Member] = Field(min_length=1, max_length=16, description="The members to choose from.")
    min: int = Field(default=0, ge=0, le=16, description="The smallest number of members.")
    max: int | None = Field(default=None, ge=1, le=16, description="The largest number of members; default: all.")


class Condition(ApiModel):
    """A condition on another decision, which is listed before this one."""

    decision: DecisionName = Field(description="Name of the other decision.")
    values: list[Word] = Field(
        min_length=1, max_length=64, description="Values of the other decision with which this one applies."
    )


class DecisionSpec(Union):
    """A decision: exactly one of choice, integer, real and subset."""

    name: DecisionName = Field(description="Name; dots group decisions that belong together.")
    choice: list[Word] | None = Field(
        default=None,
        min_length=1,
        max_length=64,
        json_schema_extra=MEMBER,
        description="One of these values, which have no order.",
    )
    integer: IntegerRange | None = Field(default=None, json_schema_extra=MEMBER, description="A whole number.")
    real: RealRange | None = Field(default=None, json_schema_extra=MEMBER, description="A real number.")
    subset: SubsetOf | None = Field(default=None, json_schema_extra=MEMBER, description="A subset of members.")
    when: Condition | None = Field(default=None, description="The decision applies only while this holds.")


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
    )

    name: SpaceName | None = Field(
        default=None,
        json_schema_extra=MEMBER,
        description=(
            "A ready-made space; default: the one that suits the task. "
            "nas-bench-101: cells of at most 7 vertices and 9 edges with 3 operations (Ying et al. 2019). "
            "nas-bench-201: cells of 4 nodes and 6 edges with 5 operations (Dong & Yang 2020), 15,625 cells. "
            "nas-bench-301: the normal and reduction cells of DARTS (Liu et al. 2019). "
            "nasnet: normal and reduction cells of 5 blocks with 13 operations (Zoph et al. 2018), which AmoebaNet "
            "searched. "
            "text-transformer: layers of attention, separable convolution or feed-forward alone (NAS-BERT, Xu et al. "
            "2021). "
            "mobilenet: stages of inverted bottlenecks, each with its own kernel and expansion (ProxylessNAS, "
            "Once-For-All, Cai et al. 2020). "
            "efficientnet: stages whose layers are alike, resolution, compound scaling (Tan & Le 2019). "
            "hybrid-vision: convolution, pooling and attention mixed (CoAtNet, Dai et al. 2021). "
            "tiny: depthwise-separable networks for microcontrollers (MCUNet, Lin et al. 2020). "
            "tabular: MLP, residual MLP or FT-Transformer (Gorishniy et al. 2021). "
            "speech-cnn-rnn: for sound and time series, convolutions, then LSTM, GRU or attention (Deep Speech 2, "
            "Amodei et al. 2016). "
            "multi-modal: an encoder each for images, texts and tables, and their fusion."
        ),
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
        json_schema_extra=k8s(
            rules=(Rule("self.all(x, self.exists_one(y, y == x))", "name each modality once; remove the repeated one"),)
        ),
        description="For multi-modal: the inputs that get an encoder. The data must have them. Default: all three.",
    )
    decisions: list[DecisionSpec] | None = Field(
        default=None,
        min_length=1,
        max_length=128,
        json_schema_extra=k8s(map_keys=("name",)) | MEMBER,
        description="A space of your own for a trainer of your own (trialTemplate.image), which gets the decisions.",
    )


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
    conditions: list[StatusCondition] = Field(
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
