"""What the Job that makes a model reads: what the trial read that trained it, and the model that is asked for."""

from __future__ import annotations

from nas_backend.trial_input import trial_input
from nas_core.contract import ModelRequest, TrialInput
from nas_core.records.model import ModelView
from nas_core.records.search import ReadableSearch
from nas_core.records.trial import TrialView
from nas_core.states import Work
from nas_plan.actions import Stored
from nas_plan.models.snapshot import Source
from nas_plan.models.source import candidate_of, lineage_of, model_source, prefix_of, words


def export_name(model_uid: str) -> str:
    """Return the name that stands, in metrics and logs of the export of a model, in the place of a trial's."""
    return f"model-{model_uid}"


def model_input(model: ModelView, search: ReadableSearch, trial: TrialView) -> TrialInput:
    """Return what the Job reads.

    Raises:
        Unusable: if no model can be made of the trial.
    """
    assert search.storage is not None, "without a storage there are no weights"
    prepared = search.status.dataset.address if search.status.dataset else None
    given = trial_input(search.meta, search.spec, trial, 1, Stored(prepared))
    request = ModelRequest(
        name=model.name,
        version=model.spec.version,
        prefix=prefix_of(model, search.storage),
        source=model_source(search.meta, search.storage, trial),
        exports=model.spec.exports,
        lineage=dict(words(model.status.lineage or lineage_of(Source(search, trial)))),
    )
    identity = given.identity.model_copy(update={"trial": export_name(model.meta.uid)})
    return given.model_copy(
        update={
            "work": Work.EXPORT,
            "identity": identity,
            "model": request,
            "candidates": [candidate_of(trial)],
            # What is trained already is not refused, nor trained further.
            "constraints": [],
            "continues": None,
        }
    )
