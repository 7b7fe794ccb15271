"""What a trial of a retraining reads."""

from __future__ import annotations

from typing import Any

from tests.support.factories import meta, search

from nas_backend.trial_input import trial_input
from nas_core.api.evaluation import Evaluation
from nas_core.api.trial import CandidateSpec, NASTrialSpec, NASTrialStatus
from nas_core.records.trial import TrialView
from nas_core.states import Work


def evaluation(work: Work, epochs: int | None, **spec: Any) -> Evaluation:
    """Return how a trial of a search trains."""
    found = search(**spec)
    candidate = CandidateSpec(id="a" * 12, architecture={}, origin="Random")
    trial = NASTrialSpec(index=0, basis=0, work=work, epochs=epochs, candidates=[candidate], seed=1)
    view = TrialView(meta("s-00000", "uid-s"), trial, NASTrialStatus())
    return trial_input(found.meta, found.spec, view, 1).evaluation


def test_a_retraining_has_its_own_epochs_and_optimizer() -> None:
    spec: dict[str, Any] = {
        "evaluation": {"epochs": 5, "optimizer": {"name": "adamw", "learningRate": "0.004"}},
        "retrain": {"epochs": 30, "optimizer": {"name": "sgd", "learningRate": "0.1"}},
    }
    again = evaluation(Work.RETRAIN, 30, **spec)
    assert (again.epochs, again.optimizer.name, again.optimizer.learning_rate) == (30, "sgd", "0.1")
    first = evaluation(Work.TRAIN, None, **spec)
    assert (first.epochs, first.optimizer.name, first.optimizer.learning_rate) == (5, "adamw", "0.004")


def test_without_one_it_has_the_optimizer_of_the_search() -> None:
    spec: dict[str, Any] = {"evaluation": {"optimizer": {"name": "adamw"}}, "retrain": {"epochs": 30}}
    assert evaluation(Work.RETRAIN, 30, **spec).optimizer.name == "adamw"
