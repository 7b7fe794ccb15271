"""An entry of a namespace's knowledge base: the results of one search that has ended, for later ones. The format; pure.

One JSON object a search, below `knowledge_base/` of the namespace (`nas_core.layout`): what the
task was, numbers that describe its data, and at most 256 results. No data, no weights, nothing of a trial's logs.
Whoever imports results of other tools writes the same. Anybody who can write to the bucket can write an entry, so
reading one is bounded in bytes, depth and counts, and its numbers are finite.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from nas_core.api.search import NASSearchSpec
from nas_core.api.strategy import Objective
from nas_core.api.trial import VALUE_LENGTH

ENTRY_LIMIT = 512 * 1024
"""Bytes of an entry."""
MOST_READ = 100
"""Entries that are looked at, the newest: a page of a bucket's list."""
MOST_RESULTS = 256
"""Results of an entry: as many as are copied of a search that `warmStart.searches` names."""
MOST_FEATURES = 64
"""Numbers that describe the data."""

_Name = Annotated[str, Field(min_length=1, max_length=256)]
_Value = Annotated[str, Field(max_length=VALUE_LENGTH)]


class EntryInvalid(ValueError):
    """An object is no entry, or an entry is too large. The message says what is wrong."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class Optimised(_Part):
    """An objective of the search."""

    metric: _Name
    goal: Literal["maximize", "minimize"]

    @classmethod
    def of(cls, objective: Objective) -> Optimised:
        """Return what an entry says of an objective."""
        return cls(metric=objective.metric, goal=objective.goal)


class KnownCandidate(_Part):
    """A candidate and its result."""

    index: int = Field(ge=0, le=10_000_000)
    """Of the candidate in its search."""
    values: dict[_Name, _Value] = Field(min_length=1, max_length=544)
    """The values of its decisions, hyperparameters among them, by name as the spec has it."""
    metrics: dict[_Name, float] = Field(min_length=1, max_length=16)


class Entry(_Part):
    """What is known of one search."""

    version: Literal[1] = 1
    """Readers refuse other versions, and ignore fields that they do not know."""
    search: str = Field(max_length=63, pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")
    """Name of the search, or of what was imported."""
    uid: str = Field(max_length=63, pattern=r"^[A-Za-z0-9][A-Za-z0-9-]*$")
    """Identifies it for ever. Who imports makes it of what identifies the experiment, so that importing again replaces
    the entry."""
    created: AwareDatetime
    """When the search was created. The newest entries are read first."""
    ended: AwareDatetime
    origin: str = Field(default="search", max_length=32)
    """What wrote the entry: `search`, or the tool that the results were imported from."""
    task: str = Field(max_length=64)
    """`task.type` of the search."""
    evaluation: Literal["train", "benchmark", "supernet"]
    """How candidates were evaluated: results of one kind say little about another's."""
    objectives: list[Optimised] = Field(min_length=1, max_length=8)
    decisions: list[_Name] = Field(min_length=1, max_length=544)
    """Names of the decisions of its space, hyperparameters among them."""
    features: dict[_Name, Annotated[float, Field(ge=0, le=1)]] = Field(default={}, max_length=MOST_FEATURES)
    """Numbers that describe its data, by name; empty: nothing is known of them."""
    results: list[KnownCandidate] = Field(min_length=1, max_length=MOST_RESULTS)

    def fits(self, spec: NASSearchSpec) -> bool:
        """Whether it is of a search's kind of task and evaluation, with the search's objectives among its own."""
        if self.task != spec.task.type or self.evaluation != (spec.evaluation.member or spec.evaluation.default):
            return False
        goals = {objective.metric: objective.goal for objective in self.objectives}
        return all(goals.get(objective.metric) == objective.goal for objective in spec.objectives)


def write_entry(entry: Entry) -> bytes:
    """Return an entry as JSON. The same entry gives the same bytes.

    Raises:
        EntryInvalid: if it has more bytes than are read.
    """
    content = entry.model_dump_json().encode()
    if len(content) > ENTRY_LIMIT:
        raise EntryInvalid(f"{len(content):,} bytes, and an entry has at most {ENTRY_LIMIT:,}; keep fewer results")
    return content


def read_entry(content: bytes) -> Entry:
    """Return the entry of an object, which anybody may have written.

    Raises:
        EntryInvalid: if it is none.
    """
    if len(content) > ENTRY_LIMIT:
        raise EntryInvalid(f"{len(content):,} bytes, and an entry has at most {ENTRY_LIMIT:,}")
    try:
        # pydantic's parser refuses what is nested more than 200 deep.
        return Entry.model_validate_json(content)
    except ValidationError as invalid:
        fault = invalid.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, fault["loc"]))[:200] or "the object"
        raise EntryInvalid(f"{where}: {fault['msg'][:200]}") from invalid
