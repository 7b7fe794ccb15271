"""Guidance in YAML: what people who watch a search tell its strategy, which may change while the search runs.

`nas_core.spaces.guidance` makes the narrower space of it, `nas_search.guided` has any strategy keep to that. What held
when a candidate was chosen is on record in its trial (:class:`HeldGuidance`).
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field

from nas_core.api.base import NUMBER_AS_TEXT, ApiModel, Rule, k8s
from nas_core.api.decision import Number
from nas_core.api.types import ObjectName

MOST_GUIDED = 32
MOST_VALUES = 32
MOST_INJECTED = 16
INJECTED_LENGTH = 8192
"""Characters of an architecture to inject: JSON takes more of them than text."""
MOST_STOPPED = 64
MOST_EXTENDED = 64
MOST_PINNED = 16
MOST_COMPARISONS = 64

Value = Annotated[str, NUMBER_AS_TEXT, Field(max_length=63, json_schema_extra=k8s(int_or_string=True))]
"""Of a decision: what it may be, the space says."""
DecisionPattern = Annotated[
    str,
    Field(
        max_length=66,
        pattern=r"^[A-Za-z0-9_.*?-]+$",
        json_schema_extra=k8s(must="the name of a decision, * and ? standing for any characters, such as normal.*.op0"),
    ),
]


Parents = list[Annotated[int, Field(ge=0)]]


def _both(rule: DecisionGuidance) -> str | None:
    """Return a value that is required and forbidden at once; None if there is none."""
    return next((value for value in rule.require or () if value in (rule.forbid or ())), None)


class DecisionGuidance(ApiModel):
    """What is allowed of some decisions."""

    rules: ClassVar = (
        Rule(
            "has(self.forbid) || has(self.require) || has(self.min) || has(self.max) || has(self.prefer)",
            "set forbid, require, min, max or prefer, or remove the entry",
            message_expression="self.name + ': set forbid, require, min, max or prefer, or remove the entry'",
            broken_by=lambda held: None if held.limits or held.prefer is not None else held.name,
        ),
        Rule(
            "!has(self.min) || !has(self.max) || double(string(self.min)) <= double(string(self.max))",
            "min must not exceed max",
            field_path=".min",
            broken_by=lambda held: (
                f"{held.min} above {held.max}"
                if held.min is not None and held.max is not None and float(held.min) > float(held.max)
                else None
            ),
        ),
        Rule(
            "!has(self.forbid) || !has(self.require) || "
            "!self.require.exists(r, self.forbid.exists(f, string(f) == string(r)))",
            "a value is in both require and forbid; remove it from one",
            field_path=".require",
            broken_by=lambda held: _both(held),
        ),
    )

    name: DecisionPattern = Field(description="A decision as trials name it, or a pattern such as hp.*.")
    forbid: list[Value] | None = Field(
        default=None,
        min_length=1,
        max_length=MOST_VALUES,
        description="Values not to try; of a subset members.",
    )
    require: list[Value] | None = Field(
        default=None,
        min_length=1,
        max_length=MOST_VALUES,
        description="The only ones to try; of a subset members it has.",
    )
    min: Number | None = Field(default=None, description="Least number to try.")
    max: Number | None = Field(default=None, description="Greatest number to try.")
    prefer: Value | None = Field(default=None, description="A value to try more often, as long as results allow.")
    confidence: Literal["low", "medium", "high"] = Field(default="medium", description="In what is preferred.")

    @property
    def limits(self) -> bool:
        """Whether it leaves less than there was."""
        return bool(self.forbid or self.require) or self.min is not None or self.max is not None

    def __str__(self) -> str:
        """Say it for people: ``0-1 forbid none, skip_connect``."""
        listed = (("forbid", self.forbid), ("require", self.require))
        said = [f"{word} {', '.join(found)}" for word, found in listed if found]
        said += [f"{word} {bound}" for word, bound in (("min", self.min), ("max", self.max)) if bound is not None]
        said += [f"prefer {self.prefer} ({self.confidence} confidence)"] if self.prefer is not None else []
        return f"{self.name} {', '.join(said)}"


class DecisionRules(ApiModel):
    """What is allowed of decisions: where several entries name one, all hold."""

    decisions: list[DecisionGuidance] = Field(
        default=[],
        max_length=MOST_GUIDED,
        json_schema_extra=k8s(map_keys=("name",)),
        description="What is allowed of decisions. Of a pattern those count that know the values.",
    )


class Injection(ApiModel):
    """A candidate of another search."""

    search: ObjectName = Field(description="A NASSearch of the namespace; it need not have ended.")
    candidate: int = Field(ge=0, description="Index of its candidate, as nasctl trials shows it.")

    def __str__(self) -> str:
        """Say it as candidates do that were taken from another search: ``digits/17``."""
        return f"{self.search}/{self.candidate}"


class Comparison(ApiModel):
    """One candidate is better than another one to whom the search is for."""

    rules: ClassVar = (
        Rule(
            "self.better != self.worse",
            "better and worse are the same candidate; name two",
            broken_by=lambda held: str(held.better) if held.better == held.worse else None,
        ),
    )

    better: int = Field(ge=0, description="Index of the candidate that you prefer, as nasctl trials lists it.")
    worse: int = Field(ge=0, description="Index of the other one.")

    @property
    def both(self) -> tuple[int, int]:
        """The two indices."""
        return self.better, self.worse

    def __str__(self) -> str:
        """Say it for people: ``17 over 4``."""
        return f"{self.better} over {self.worse}"


class Guidance(DecisionRules):
    """What people tell a search: its strategy by decisions and architectures, the order of its front by comparisons."""

    rules: ClassVar = (
        Rule(
            "!has(self.stop) || !has(self.extend) || !self.extend.exists(e, e in self.stop)",
            "a trial is in both stop and extend; remove it from one",
            field_path=".extend",
            broken_by=lambda held: next((name for name in held.extend if name in held.stop), None),
        ),
    )

    inject: list[Annotated[str, Field(max_length=INJECTED_LENGTH)]] = Field(
        default=[],
        max_length=MOST_INJECTED,
        description=(
            "Architectures that are tried next, unless they were: text as in status.best, or decisions and values as "
            "a JSON object."
        ),
    )
    inject_from: list[Injection] = Field(
        default=[],
        max_length=MOST_INJECTED,
        description="Candidates of other searches that are tried after these, unless they were.",
    )
    comparisons: list[Comparison] = Field(
        default=[],
        max_length=MOST_COMPARISONS,
        json_schema_extra=k8s(map_keys=("better", "worse")),
        description="With several objectives: which of two candidates is better; status.best and retrain follow.",
    )

    parents: Parents = Field(
        default=[],
        max_length=MOST_PINNED,
        description="Indices of candidates of which a quarter of the next ones are mutants, once they have results.",
    )
    stop: list[ObjectName] = Field(
        default=[],
        max_length=MOST_STOPPED,
        description=(
            "Names of trials to stop: what they have found is their result. Any other name is ignored, and a trial "
            "without a value of every objective goes on until it has one."
        ),
    )
    extend: list[ObjectName] = Field(
        default=[],
        max_length=MOST_EXTENDED,
        description=(
            "Names of trials to train as long as the search allows: early stopping does not end them, rungs promote "
            "their candidates. Any other name is ignored."
        ),
    )

    @property
    def for_strategy(self) -> Guidance | None:
        """What a strategy is given; None: nothing. The rest is about trials that are there."""
        kept = self.model_copy(update={"comparisons": [], "stop": [], "extend": []})
        return None if kept == Guidance() else kept


class HeldGuidance(DecisionRules):
    """What held when candidates were chosen, or when a supernet was made."""

    generation: int = Field(ge=0, description="Generation of the search whose spec.guidance it was.")
    parents: Parents = Field(default=[], max_length=MOST_PINNED, description="Indices of candidates that were pinned.")
    extend: ObjectName | None = Field(
        default=None, description="The entry of guidance.extend for which its candidate was promoted, and no rank."
    )

    @classmethod
    def of(cls, guidance: Guidance | None, generation: int) -> Self | None:
        """Return what is put on record of guidance; None if there is none."""
        if guidance is None:
            return None
        return cls(generation=generation, decisions=guidance.decisions, parents=guidance.parents)

    @property
    def given(self) -> Guidance:
        """The same as the strategy was given it; what was injected says so itself."""
        return Guidance(decisions=self.decisions, parents=self.parents)
