from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from tests.support.trials import architecture, trial_input

from nas_core.api.trial import CandidateSpec
from nas_core.contract import CandidateResult, TrialInput, TrialResult
from nas_core.layout import candidate_key
from nas_storage.directory_store import DirectoryStore
from nas_trial.errors import CandidateRejected, Stopped, StorageUnavailable
from nas_trial.work.packing import evaluate_all

VALUES = {"a": 0.5, "b": 0.9, "c": 0.7}


def packed(ids: str = "abc", storage: bool = True, goal: str = "maximize") -> TrialInput:
    changes: dict[str, Any] = {"objective": {"metric": "val_accuracy", "goal": goal}}
    if storage:
        changes["storage"] = {"bucket": "bucket", "root": "root"}
    candidates = [{"id": i, "architecture": architecture("333333"), "origin": "Random"} for i in ids]
    return trial_input(candidates=candidates, **changes)


def place(number: int) -> None:
    """Hear which candidate begins."""


def outcomes(**failures: Exception) -> tuple[Callable[[CandidateSpec], TrialResult], list[str]]:
    """Return what evaluates a candidate, and the ids of those it was asked for."""
    asked: list[str] = []

    def evaluate(candidate: CandidateSpec) -> TrialResult:
        asked.append(candidate.id)
        if candidate.id in failures:
            raise failures[candidate.id]
        metrics = {"train_loss": 1.0, "val_accuracy": VALUES[candidate.id]}
        return TrialResult(
            outcome="Succeeded", metrics=metrics, epochs=2, checkpoint=f"s3://b/{candidate.id}", dataset_hash="sha256:x"
        )

    return evaluate, asked


def test_the_best_stands_for_all(store: DirectoryStore) -> None:
    result = evaluate_all(packed(), outcomes()[0], store, place)
    assert (result.outcome, result.metrics["val_accuracy"], result.checkpoint) == ("Succeeded", 0.9, "s3://b/b")
    assert (result.epochs, result.dataset_hash, result.attempt) == (2, "sha256:x", 1)
    assert [(one.id, one.metrics["val_accuracy"]) for one in result.candidates] == list(VALUES.items())
    assert next(iter(result.candidates[0].metrics)) == "val_accuracy"


def test_what_somebody_should_know_of_any_is_told_once(store: DirectoryStore) -> None:
    def evaluate(candidate: CandidateSpec) -> TrialResult:
        metrics = {"val_accuracy": VALUES[candidate.id]}
        return TrialResult(outcome="Succeeded", metrics=metrics, warnings=["odd data", f"{candidate.id} is large"])

    assert evaluate_all(packed(), evaluate, store, place).warnings == [
        "odd data",
        "a is large",
        "b is large",
        "c is large",
    ]


def test_the_best_may_be_the_least(store: DirectoryStore) -> None:
    assert evaluate_all(packed(goal="minimize"), outcomes()[0], store, place).metrics["val_accuracy"] == 0.5


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (CandidateRejected("LossNotFinite", "the loss is nan"), "LossNotFinite"),
        (torch.OutOfMemoryError("CUDA"), "OutOfMemory"),
        (RuntimeError("a bug"), "Crashed"),
    ],
)
def test_one_that_fails_does_not_take_the_others_along(error: Exception, reason: str, store: DirectoryStore) -> None:
    result = evaluate_all(packed(), outcomes(b=error)[0], store, place)
    assert (result.outcome, result.metrics["val_accuracy"]) == ("Succeeded", 0.7)
    assert [one.outcome for one in result.candidates] == ["Succeeded", "Failed", "Succeeded"]
    assert (result.candidates[1].reason, result.candidates[1].metrics) == (reason, {})
    assert str(error) in result.candidates[1].message


def test_when_none_succeeds_the_trial_has_failed(store: DirectoryStore) -> None:
    failures = {i: CandidateRejected(f"Reason{i}", i) for i in "abc"}
    result = evaluate_all(packed(), outcomes(**failures)[0], store, place)
    assert (result.outcome, result.reason, result.message, result.metrics) == ("Failed", "Reasona", "a", {})
    assert len(result.candidates) == 3


@pytest.mark.parametrize(
    "error", [Stopped(), StorageUnavailable("away"), torch.AcceleratorError("an illegal memory access")]
)
def test_another_attempt_goes_on_with_the_next_candidate(error: Exception, store: DirectoryStore) -> None:
    evaluate, asked = outcomes(b=error)
    with pytest.raises(type(error)):
        evaluate_all(packed(), evaluate, store, place)
    assert asked == ["a", "b"]
    evaluate, asked = outcomes()
    result = evaluate_all(packed(), evaluate, store, place)
    assert asked == ["b", "c"]
    assert [one.metrics["val_accuracy"] for one in result.candidates] == list(VALUES.values())


def test_of_several_processes_none_gives_a_candidate_up_alone(store: DirectoryStore) -> None:
    class Group:
        """Of this process, as if there were others."""

        def from_first(self, make: Callable[[], Any], form: object) -> Any:
            return make()

    with pytest.raises(RuntimeError, match="a bug"):
        evaluate_all(packed(), outcomes(b=RuntimeError("a bug"))[0], store, place, Group())  # type: ignore[arg-type]
    rejected = outcomes(b=CandidateRejected("LossNotFinite", "nan"))[0]
    result = evaluate_all(packed(), rejected, store, place, Group())  # type: ignore[arg-type]
    assert [one.outcome for one in result.candidates] == ["Succeeded", "Failed", "Succeeded"]


def test_a_stored_result_that_is_damaged_is_made_anew(store: DirectoryStore) -> None:
    store.put(candidate_key("root", "digits-0", "a"), b"{")
    evaluate, asked = outcomes()
    evaluate_all(packed(), evaluate, store, place)
    assert asked == ["a", "b", "c"]
    stored = CandidateResult.model_validate_json(store.get(candidate_key("root", "digits-0", "a")))
    assert stored.metrics["val_accuracy"] == 0.5


def test_without_a_storage(store: DirectoryStore) -> None:
    result = evaluate_all(packed(storage=False), outcomes()[0], None, place)
    assert len(result.candidates) == 3
    assert store.keys("") == []


def test_a_storage_that_is_away_costs_nothing(store: DirectoryStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(key: str, content: bytes) -> None:
        raise StorageUnavailable("away")

    monkeypatch.setattr(store, "put", away)
    assert len(evaluate_all(packed(), outcomes()[0], store, place).candidates) == 3


def test_each_candidate_is_announced_but_those_that_are_done(store: DirectoryStore) -> None:
    announced: list[int] = []
    with pytest.raises(Stopped):
        evaluate_all(packed(), outcomes(b=Stopped())[0], store, announced.append)
    evaluate_all(packed(), outcomes()[0], store, announced.append)
    assert announced == [0, 1, 1, 2]


def test_refused_candidates_stand_beside_the_others(store: DirectoryStore) -> None:
    def evaluate(candidate: CandidateSpec) -> TrialResult:
        if candidate.id == "a":
            raise CandidateRejected("LossNotFinite", "nan")
        metrics = {"parameters": 9.0}
        return TrialResult(outcome="Refused", reason="ConstraintBroken", message="large", metrics=metrics)

    result = evaluate_all(packed(), evaluate, store, place)
    assert (result.outcome, result.reason, result.metrics) == ("Refused", "ConstraintBroken", {})
    assert [one.outcome for one in result.candidates] == ["Failed", "Refused", "Refused"]
    assert result.candidates[1].metrics == {"parameters": 9.0}
