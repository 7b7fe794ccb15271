"""Views of NASSearches: what the plan needs of one, read from its raw JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from nas_core.api.guidance import Injection
from nas_core.api.search import NASSearchSpec
from nas_core.api.search_status import ChosenSetting, InitialModel, NASSearchStatus, SupernetStatus
from nas_core.api.space import SearchSpaceSpec
from nas_core.api.storage import Storage
from nas_core.api.trial import CandidateSpec
from nas_core.crd.explain import explain
from nas_core.history import Earlier
from nas_core.reasons import SearchReason
from nas_core.records.chosen import complete
from nas_core.records.metadata import Json, Meta
from nas_core.records.names import asked_hash


@dataclass(frozen=True)
class SearchObject:
    """What every NASSearch has, whether its spec can be read or not."""

    meta: Meta
    generation: int
    created: datetime
    finalizers: tuple[str, ...]
    status: NASSearchStatus
    raw_status: Json = field(default_factory=dict, compare=False, kw_only=True)
    asked: str | None = field(default=None, kw_only=True)
    """`nas_core.records.names.asked_hash` of the spec, without what follows from it."""

    @property
    def begun(self) -> bool:
        """Whether candidates have been given trials, so that what results depend on cannot change any more."""
        return self.status.first_trial_time is not None or self.status.trials.total > 0

    def readable(self, spec: NASSearchSpec) -> ReadableSearch:
        """Return the search with its spec."""
        return ReadableSearch(**self._common, spec=spec)

    def unreadable(self, error: str, reason: SearchReason = SearchReason.INVALID_SPEC) -> UnreadableSearch:
        """Return the search as one for which nothing can be done."""
        return UnreadableSearch(**self._common, error=error, reason=reason)

    @property
    def storage(self) -> Storage | None:
        """Where it keeps results and checkpoints; None also while that cannot be read."""
        return None

    @property
    def space_ref(self) -> str | None:
        """Name of the NASSearchSpace that it refers to; None also while that cannot be read."""
        return None

    @property
    def supernet_ref(self) -> str | None:
        """Name of the search whose shared weights it uses; None also while that cannot be read."""
        return None

    @property
    def model_ref(self) -> str | None:
        """Name of the NASModel from whose weights it starts; None also while that cannot be read."""
        return None

    @property
    def earlier_refs(self) -> tuple[str, ...]:
        """Names of the earlier searches whose results are used; none also while that cannot be read."""
        return ()

    @property
    def imported_refs(self) -> tuple[str, ...]:
        """Names of the imported results that it begins with; none also while that cannot be read."""
        return ()

    @property
    def injections(self) -> Sequence[Injection]:
        """The candidates of other searches that it is to try; none also while that cannot be read."""
        return ()

    @property
    def _common(self) -> dict[str, Any]:
        # Not `asdict`, which would copy the whole status.
        return {of.name: getattr(self, of.name) for of in fields(SearchObject)}


@dataclass(frozen=True)
class ReadableSearch(SearchObject):
    """A NASSearch whose spec can be read."""

    spec: NASSearchSpec
    strategy_reason: str | None = None
    """Why the spec has the strategy it has, if that was chosen for it."""
    chosen: tuple[ChosenSetting, ...] = ()
    """What was chosen for other fields that it leaves open; the spec has it."""
    supernet: SupernetStatus | None = None
    """The shared weights of another search that it uses."""
    initial_model: InitialModel | None = None
    """The model from whose weights it starts; the spec has its address."""
    earlier: tuple[Earlier, ...] = ()
    """Results of earlier searches that have been read and are not on record yet."""
    injected: tuple[CandidateSpec, ...] = ()
    """Candidates of other searches that it is to try and has not tried yet."""
    injection_fault: str | None = None
    """Why one of those that it is to try cannot be had: names field and remedy."""
    knowledge_read: bool = False
    """Whether ``earlier`` has what the search takes of its namespace's knowledge base, and what was imported."""

    @property
    def storage(self) -> Storage | None:
        """Where it keeps results and checkpoints."""
        return self.spec.storage

    @property
    def space_ref(self) -> str | None:
        """Name of the NASSearchSpace that it refers to."""
        return self.spec.search_space.ref.name if self.spec.search_space.ref else None

    @property
    def space_taken(self) -> SearchSpaceSpec | None:
        """The space that its results are of: a shared one as it was when the search began, None before that."""
        space = self.spec.search_space
        return self.status.search_space if space.ref else space.described

    @property
    def supernet_ref(self) -> str | None:
        """Name of the search whose shared weights it uses."""
        shared = self.spec.evaluation.supernet
        return shared.from_.search if shared and shared.from_ else None

    @property
    def model_ref(self) -> str | None:
        """Name of the NASModel from whose weights it starts; None once its address is in the spec's place."""
        return self.spec.evaluation.init_from.model if self.spec.evaluation.init_from else None

    @property
    def earlier_refs(self) -> tuple[str, ...]:
        """Names of the earlier searches whose results are used, in the order of the spec."""
        found = self.spec.warm_start or self.spec.evaluation.learns_from
        return tuple(dict.fromkeys(found.searches or ())) if found else ()

    @property
    def imported_refs(self) -> tuple[str, ...]:
        """Names of the imported results that it begins with, in the order of the spec."""
        return tuple(dict.fromkeys(self.spec.warm_start.imported or ())) if self.spec.warm_start else ()

    @property
    def injections(self) -> Sequence[Injection]:
        """The candidates of other searches that it is to try."""
        return self.spec.guidance.inject_from if self.spec.guidance else ()


@dataclass(frozen=True)
class UnreadableSearch(SearchObject):
    """A NASSearch whose spec, or what it refers to, cannot be used."""

    error: str
    """Names field, value and remedy."""
    reason: SearchReason


SearchView = ReadableSearch | UnreadableSearch


def read_search(raw: Mapping[str, Any]) -> SearchView:
    """Cut the view out of a raw object; a spec that an older or newer CRD let in is reported, not raised."""
    meta = raw["metadata"]
    search = SearchObject(
        meta=Meta.of(raw),
        generation=meta.get("generation", 0),
        created=datetime.fromisoformat(meta["creationTimestamp"]),
        finalizers=tuple(meta.get("finalizers", ())),
        status=NASSearchStatus.model_validate(raw.get("status", {})),
        raw_status=raw.get("status", {}),
        asked=asked_hash(raw.get("spec", {})),
    )
    try:
        spec = NASSearchSpec.model_validate(raw.get("spec", {}))
        plan = search.status.plan
        return search.readable(complete(spec, plan.chosen) if plan and search.begun else spec)
    except ValidationError as invalid:
        return search.unreadable("; ".join(explain(fault) for fault in invalid.errors()))
    except Exception as bug:
        # Its owner reads of a bug as of a fault of the spec; the other searches go on.
        return search.unreadable(f"spec: {type(bug).__name__}: {bug}")
