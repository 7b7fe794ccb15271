"""The view of a NASTrial, and what strategies see of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from nas_core.api.curve import Curve
from nas_core.api.trial import NASTrialSpec, NASTrialStatus
from nas_core.history import Observation, Pending
from nas_core.records.conditions import find, is_true
from nas_core.records.metadata import Json, Meta
from nas_core.records.names import ASKED_ANNOTATION
from nas_core.states import ConditionType, Outcome, State, Work

if TYPE_CHECKING:  # takes a tenth of a second, which a command line waits for
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


@dataclass(frozen=True)
class TrialView:
    """A NASTrial. Derived values are cached, because every look at a search goes through all of its trials."""

    meta: Meta
    spec: NASTrialSpec
    status: NASTrialStatus
    raw_status: Json = field(default_factory=dict, compare=False)
    asked: str | None = None
    """For which spec it was made, as `SearchObject.asked` has it; None of one that does not say."""

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> TrialView:
        """Cut the view out of a raw object."""
        return cls(
            meta=Meta.of(raw),
            spec=NASTrialSpec.model_validate(raw["spec"]),
            status=NASTrialStatus.model_validate(raw.get("status", {})),
            raw_status=raw.get("status", {}),
            asked=raw["metadata"].get("annotations", {}).get(ASKED_ANNOTATION),
        )

    @cached_property
    def recorded(self) -> bool:
        """Whether the trial has ended and its result is part of the history."""
        return self.status.sequence is not None

    @property
    def compared(self) -> bool:
        """Whether its results have a place among those that are compared: only a training has."""
        return self.spec.work not in (Work.SCORE, Work.PREPARE, Work.SUPERNET, Work.EARLIER)

    @cached_property
    def succeeded(self) -> bool:
        """Whether it ended with what it is for: metrics, or a data set."""
        return is_true(self.status.conditions, ConditionType.SUCCEEDED)

    @cached_property
    def refused(self) -> bool:
        """Whether it ended without training, as none of its candidates keeps the constraints."""
        succeeded = find(self.status.conditions, ConditionType.SUCCEEDED)
        return succeeded is not None and succeeded.reason == Outcome.REFUSED

    @cached_property
    def refusals(self) -> int:
        """How many of its candidates were not trained because they break a constraint."""
        return len(self.refused_indices)

    @cached_property
    def refused_indices(self) -> frozenset[int]:
        """The places in the search of those candidates."""
        # A trial of one candidate has no list of them: the trial as a whole stands for it.
        if self.refused and not self.status.candidates:
            return frozenset(range(self.spec.index, self.next_index))
        outcomes = enumerate(self.status.candidates, self.spec.index)
        return frozenset(index for index, one in outcomes if one.outcome == Outcome.REFUSED)

    @cached_property
    def size(self) -> int:
        """How many candidates it evaluates."""
        return len(self.spec.candidates)

    @cached_property
    def next_index(self) -> int:
        """The place in the search after its last candidate's."""
        return self.spec.index + self.size

    @cached_property
    def observations(self) -> tuple[Observation, ...]:
        """What the strategy sees of it once it is recorded, one a candidate; one that failed has no metrics."""
        assert self.status.sequence is not None, "only recorded trials are seen"
        return tuple(
            Observation(
                self.spec.index + place,
                self.status.sequence + place,
                candidate,
                self._metrics(place),
                self.spec.epochs,
                self.extended,
            )
            for place, candidate in enumerate(self.spec.candidates)
        )

    @property
    def extended(self) -> bool:
        """Whether a person had its candidate promoted to a higher rung (`guidance.extend`)."""
        return self.spec.guidance is not None and self.spec.guidance.extend is not None

    @cached_property
    def pending(self) -> tuple[Pending, ...]:
        """What the strategy sees of it until then."""
        return tuple(
            Pending(self.spec.index + place, candidate, self.spec.epochs)
            for place, candidate in enumerate(self.spec.candidates)
        )

    @cached_property
    def points(self) -> tuple[Ints, Mapping[str, Floats]]:
        """Its curve as arrays of one length: epochs, and values by metric."""
        import numpy as np

        curve = self.status.curve or Curve()
        return np.array(curve.epochs, dtype=np.int64), {name: np.array(column) for name, column in curve.values.items()}

    @cached_property
    def failed(self) -> Mapping[int, str]:
        """Why its candidates failed, once it is recorded: by the place in the search, reason and message of each."""
        indices = range(self.spec.index, self.next_index)
        if not (self.succeeded or self.refused):
            failed = find(self.status.conditions, ConditionType.FAILED)
            # A trial that failed as a whole has failed for each of its candidates.
            return dict.fromkeys(indices, f"{failed.reason}: {failed.message}" if failed else "failed")
        outcomes = zip(indices, self.status.candidates, strict=False)
        return {index: f"{c.reason}: {c.message}" for index, c in outcomes if c.outcome == Outcome.FAILED}

    @property
    def failures(self) -> tuple[str, ...]:
        """The same without the places, in their order."""
        return tuple(self.failed.values())

    @cached_property
    def retries(self) -> tuple[int, ...]:
        """The places of the failed candidates that it tries again."""
        return tuple(parent for one in self.spec.candidates if one.origin == "Retry" for parent in one.parents)

    @property
    def writes_checkpoint(self) -> bool:
        """Whether it was stopped early and the address of its last checkpoint is not known yet."""
        progressing = find(self.status.conditions, ConditionType.PROGRESSING)
        return (
            self.status.stop_evidence is not None and progressing is not None and progressing.reason == State.STOPPING
        )

    @property
    def drops_checkpoints(self) -> bool:
        """Whether checkpoints of it are to be deleted, as its record says."""
        return self.status.checkpoints in ("DeletingOlder", "DeletingAll")

    def checkpoint(self, index: int) -> str | None:
        """Return the address of the weights of the candidate with a place in the search."""
        candidates = self.status.candidates
        return candidates[index - self.spec.index].checkpoint if candidates else self.status.checkpoint

    def _metrics(self, place: int) -> Mapping[str, float] | None:
        if not (self.succeeded or self.refused):
            return None
        if not self.status.candidates:
            return self.status.metrics
        candidate = self.status.candidates[place]
        # Metrics of a failure are on record for people, but nothing may be decided by them.
        return None if candidate.outcome == Outcome.FAILED else candidate.metrics


def observed(trials: Iterable[TrialView]) -> list[Observation]:
    """Return what a strategy sees of those trials that are recorded."""
    return [seen for trial in trials if trial.recorded for seen in trial.observations]


def by_result(trials: Iterable[TrialView]) -> dict[int, TrialView]:
    """Return the recorded trials by the sequence numbers of their results."""
    return {result.sequence: trial for trial in trials if trial.recorded for result in trial.observations}
