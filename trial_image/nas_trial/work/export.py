"""Work of kind Export: a model for others is made of a trained candidate, and put below the request's prefix.

Kubernetes may start an attempt while an earlier one goes on, on a node that it has lost. So each puts its files into a
folder of its own, and the first result that is stored (`nas_trial.work.result`) says which folder is the model: no
attempt can change it any more. `model_source` reads what the model is made of, `model_files` makes its files.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from nas_core.contract import MOST_WARNINGS, WARNING_LENGTH, TrialResult
from nas_core.states import Outcome
from nas_model.bundle.format import MANIFEST
from nas_trial.errors import CandidateRejected
from nas_trial.work.attempt import Attempt
from nas_trial.work.model_files import make
from nas_trial.work.model_source import read_source
from nas_trial.work.model_summary import summary_of

FOLDER_BYTES = 8
"""Of the name of an attempt's folder, by chance: a pod has no number that no other pod of its Job has."""


def export(attempt: Attempt) -> TrialResult:
    """Make the model that the trial asks for.

    Raises:
        CandidateRejected: if its source is missing, damaged or of another trial, or the key cannot sign.
        Stopped: if asked to stop; another attempt begins again.
        StorageUnavailable: if the storage did not answer for minutes.
    """
    trial, store, request = attempt.trial, attempt.store, attempt.trial.model
    if trial.storage is None or store is None or request is None:
        raise CandidateRejected("SpecInvalid", "work Export needs spec.storage, and the model that is to be made")
    folder = f"{secrets.token_hex(FOLDER_BYTES)}/"
    request = request.model_copy(update={"prefix": request.prefix + folder})
    with attempt.watching("making the model", computing=True):
        files, warnings = make(attempt, request, read_source(attempt, store, request))
        for name, content in _manifest_last(files).items():
            attempt.alive()
            store.put(request.prefix + name, content)
    return TrialResult(
        outcome=Outcome.SUCCEEDED,
        attempt=trial.identity.attempt,
        metrics=request.source.metrics,
        model=summary_of(files, folder),
        warnings=[warning[:WARNING_LENGTH] for warning in warnings[:MOST_WARNINGS]],
    )


def _manifest_last(files: Mapping[str, bytes]) -> dict[str, bytes]:
    return {name: files[name] for name in sorted(files, key=lambda name: name == MANIFEST)}
