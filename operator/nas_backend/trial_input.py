"""What an attempt of a trial reads: the search's spec and the trial's record, as the contract has them."""

from __future__ import annotations

from nas_core.api.evaluation import Evaluation
from nas_core.api.search import NASSearchSpec
from nas_core.api.supernet_rules import derives
from nas_core.contract import Identity, TrialInput
from nas_core.layout import storage_location
from nas_core.records.metadata import Meta
from nas_core.records.trial import TrialView
from nas_core.states import Work
from nas_plan.actions import NOTHING_STORED, Stored
from nas_search import scoring_of


def trial_input(
    search: Meta, spec: NASSearchSpec, trial: TrialView, attempt: int, stored: Stored = NOTHING_STORED
) -> TrialInput:
    """Return what an attempt reads; ``stored`` is what others have left for it."""
    return TrialInput(
        identity=Identity(
            namespace=search.namespace,
            search=search.name,
            search_uid=search.uid,
            trial=trial.meta.name,
            index=trial.spec.index,
            attempt=attempt,
        ),
        work=trial.spec.work,
        space=spec.search_space,
        candidates=trial.spec.candidates,
        task=spec.task,
        evaluation=_evaluation(spec, trial),
        until_epoch=trial.spec.epochs if trial.spec.work == Work.TRAIN else None,
        continues=trial.spec.continues,
        seed=trial.spec.seed,
        data_seed=spec.strategy.seed,
        objective=spec.objectives[0],
        objectives=spec.objectives,
        constraints=spec.constraints if trial.spec.work == Work.TRAIN else [],
        proxies=asked.proxies
        if trial.spec.work == Work.SCORE and (asked := scoring_of(spec.strategy, spec.evaluation))
        else [],
        storage=storage_location(search, spec.storage) if spec.storage else None,
        # One that prepares again must not take the data set that is there for granted.
        prepared=stored.prepared if trial.spec.work != Work.PREPARE else None,
        strategy=spec.strategy if trial.spec.work == Work.SUPERNET and derives(spec) else None,
        guidance=trial.spec.guidance if trial.spec.work == Work.SUPERNET else None,
        supernet=stored.supernet if trial.spec.work == Work.TRAIN else None,
    )


def _evaluation(spec: NASSearchSpec, trial: TrialView) -> Evaluation:
    """Return how a trial trains: retraining has epochs of its own, a rung is part of the way to all of them."""
    # What is predicted in the search is trained when it is trained again.
    trained = spec.evaluation.model_copy(update={"surrogate": None})
    if trial.spec.work != Work.RETRAIN:
        return trained
    asked = spec.retrain.optimizer if spec.retrain else None
    return trained.model_copy(
        update={"epochs": trial.spec.epochs or trained.epochs, "optimizer": asked or trained.optimizer}
    )
