"""Work of kind Export: a model for others is made of a trained candidate, and put below the request's prefix.

The manifest is put last, and what is there whole is not made again; what a kill has left in pieces is made again over
them. `model_source` reads what the model is made of, `model_files` makes its files, `stored_model` knows what is there.
"""

from __future__ import annotations

from collections.abc import Mapping

from nas_core.contract import MOST_WARNINGS, WARNING_LENGTH, TrialResult
from nas_core.states import Outcome
from nas_model.bundle.format import MANIFEST
from nas_trial.errors import CandidateRejected
from nas_trial.process.log import log
from nas_trial.work.attempt import Attempt
from nas_trial.work.model_files import make
from nas_trial.work.model_source import read_source
from nas_trial.work.stored_model import stored_summary, summary_of


def export(attempt: Attempt) -> TrialResult:
    """Make the model that the trial asks for, unless it is there.

    Raises:
        CandidateRejected: if its source is missing, damaged or of another trial, or the key cannot sign.
        Stopped: if asked to stop; another attempt begins again.
        StorageUnavailable: if the storage did not answer for minutes.
    """
    trial, store, request = attempt.trial, attempt.store, attempt.trial.model
    if trial.storage is None or store is None or request is None:
        raise CandidateRejected("SpecInvalid", "work Export needs spec.storage, and the model that is to be made")
    warnings: list[str] = []
    with attempt.watching("making the model", computing=True):
        summary = stored_summary(store, request, attempt.alive)
        if summary is not None:
            log("export", message="the model is there already", prefix=request.prefix)
        else:
            files, warnings = make(attempt, request, read_source(attempt, store, request))
            # What another attempt has left is no whole model from here on.
            store.delete(request.prefix + MANIFEST)
            for name, content in _manifest_last(files).items():
                attempt.alive()
                store.put(request.prefix + name, content)
            summary = summary_of(files)
    return TrialResult(
        outcome=Outcome.SUCCEEDED,
        attempt=trial.identity.attempt,
        metrics=request.source.metrics,
        model=summary,
        warnings=[warning[:WARNING_LENGTH] for warning in warnings[:MOST_WARNINGS]],
    )


def _manifest_last(files: Mapping[str, bytes]) -> dict[str, bytes]:
    return {name: files[name] for name in sorted(files, key=lambda name: name == MANIFEST)}
