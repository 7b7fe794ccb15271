"""What a strategy sees: the results so far in the order of recording, and the pending candidates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from nas_core.api.guidance import Guidance
from nas_core.api.trial import CandidateSpec


@dataclass(frozen=True)
class Observation:
    """A recorded trial. ``metrics`` is None when it failed."""

    index: int
    sequence: int
    candidate: CandidateSpec
    metrics: Mapping[str, float] | None
    epochs: int | None = None
    """Epochs of training that it was judged after; None: all. Not so with rungs, where they differ."""
    extended: bool = False
    """With rungs: a person took it there (`guidance.extend`), and no rank."""


@dataclass(frozen=True)
class Pending:
    """A trial without a recorded result."""

    index: int
    candidate: CandidateSpec
    epochs: int | None = None


@dataclass(frozen=True)
class Scored:
    """A candidate with what is known of it before it is trained: scores, parameters, FLOPs, how it was derived."""

    candidate: CandidateSpec
    metrics: Mapping[str, float]
    """Those of proxies are named ``proxy_<name>``."""


@dataclass(frozen=True)
class Earlier:
    """Results of an earlier search of the same space, which say something about those to come."""

    source: str
    """Name of that search."""
    results: tuple[Scored, ...]
    """Each with a finite value of every objective."""
    distance: float | None = None
    """From its data to those of the search, of an entry of a knowledge base whose data are described; 0: alike."""


@dataclass(frozen=True)
class History:
    """Everything a decision may depend on, besides the strategy's own settings and seed."""

    observations: tuple[Observation, ...] = ()
    """Sorted by sequence."""
    pending: tuple[Pending, ...] = ()
    """Sorted by index."""
    next_index: int = field(default=-1)
    """Index of the next trial; given when trials were deleted, else one more than the highest."""
    scores: tuple[Scored, ...] = ()
    """What was known before the first trial, in the order of drawing. Every decision sees all of it."""
    derived: tuple[Scored, ...] = ()
    """What was derived in supernets before the first trial, the best first. Every decision sees all of it."""
    earlier: tuple[Earlier, ...] = ()
    """What earlier searches have found, one entry a search. Every decision sees all of it."""
    guidance: Guidance | None = None
    """What people have told the strategy; None: nothing."""
    injected: tuple[CandidateSpec, ...] = ()
    """Candidates of other searches that people have asked for."""
    prior: tuple[Earlier, ...] = ()
    """Those of the earlier searches that a model may begin with: what a warm start has not dropped."""

    def __post_init__(self) -> None:
        if self.next_index < 0:
            seen = [o.index for o in self.observations] + [p.index for p in self.pending]
            # The class is frozen, and this field follows from the others.
            object.__setattr__(self, "next_index", max(seen, default=-1) + 1)

    @property
    def basis(self) -> int:
        """Sequence number of the last result seen; 0: none."""
        return self.observations[-1].sequence if self.observations else 0

    def seen_ids(self) -> set[str]:
        """Return the ids of all architectures that were tried or are being tried."""
        return {o.candidate.id for o in self.observations} | {p.candidate.id for p in self.pending}

    def with_pending(self, candidate: CandidateSpec) -> History:
        """Return the history in which the next trial evaluates the candidate."""
        pending = (*self.pending, Pending(self.next_index, candidate))
        return replace(self, pending=pending, next_index=self.next_index + 1)


def history_at(
    observations: Iterable[Observation],
    pending: Iterable[Pending],
    index: int,
    basis: int,
    scores: tuple[Scored, ...] = (),
    derived: tuple[Scored, ...] = (),
    earlier: tuple[Earlier, ...] = (),
    guidance: Guidance | None = None,
    injected: tuple[CandidateSpec, ...] = (),
) -> History:
    """Rebuild what trial ``index`` saw: results up to sequence ``basis``, the other trials before it pending."""
    ordered = sorted(observations, key=lambda o: o.sequence)
    seen = tuple(o for o in ordered if o.sequence <= basis)
    # What came in after the basis was still awaited then.
    later = [Pending(o.index, o.candidate, o.epochs) for o in ordered if o.sequence > basis]
    waiting = [p for p in (*later, *pending) if p.index < index]
    waiting.sort(key=lambda p: p.index)
    return History(seen, tuple(waiting), index, scores, derived, earlier, guidance, injected)
