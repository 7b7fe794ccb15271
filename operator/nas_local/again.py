"""A training that is on record, done again: what its trainer reads, and one attempt of it in a folder."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from nas_backend.left_behind import left_behind
from nas_backend.trial_input import trial_input
from nas_core.api.storage import Storage
from nas_core.api.trial import NASTrialSpec, NASTrialStatus
from nas_core.contract import TrialInput, TrialResult
from nas_core.layout import storage_location
from nas_core.records.metadata import Meta
from nas_core.records.pod import PodView, last_pod
from nas_core.records.search import ReadableSearch, SearchView
from nas_core.records.trial import TrialView
from nas_core.states import Outcome, Work
from nas_local.attempts import TRAINER, Attempt, Resources
from nas_local.errors import LocalRunError
from nas_local.fit import obstacles
from nas_local.home import BUCKET
from nas_local.objects import FolderObjects
from nas_plan.resolve import resolve
from nas_storage.directory_store import DirectoryStore

GRACE = timedelta(seconds=10)
"""How long a trainer may take to end once it is asked to."""


def input_of(search: SearchView, trial: TrialView, data: Mapping[str, str]) -> TrialInput:
    """Return what the trainer of a trial has read, for a training from its beginning.

    Args:
        search: whose trial it is.
        trial: of one candidate, that was trained.
        data: folders by the name of the claim that they stand for.

    Raises:
        LocalRunError: if it cannot be trained here.
    """
    if trial.spec.work not in (Work.TRAIN, Work.RETRAIN) or trial.size != 1:
        raise LocalRunError(
            f"trial {trial.meta.name!r} is of work {trial.spec.work} with {trial.size} candidates; only a training of "
            "one candidate can be done again: name another trial"
        )
    found = resolve(search, None)
    if not isinstance(found, ReadableSearch):
        raise LocalRunError(f"the search cannot be read: {found.error}")
    if trial.spec.known:
        raise LocalRunError(
            f"trial {trial.meta.name!r} was evaluated by a surrogate, so there is no training of it; name a retraining"
        )
    if found.spec.evaluation.supernet and trial.spec.work == Work.TRAIN:
        raise LocalRunError(
            f"trial {trial.meta.name!r} was evaluated with shared weights, so there is no training of it; name a "
            "retraining"
        )
    if wrong := obstacles(found.spec, data):
        raise LocalRunError("; ".join(wrong))
    given = trial_input(found.meta, found.spec, trial, 1)
    # Its lower rung is trained with it: what this resumed from need not be there any more.
    return given.model_copy(update={"continues": None})


async def train_again(
    given: TrialInput, folder: Path, resources: Resources, program: Sequence[str] = TRAINER
) -> TrialResult:
    """Train in a folder, from the beginning; return the result, also that of a failure.

    Stopped by a cancellation, it ends the trainer first.
    """
    identity = given.identity
    meta = Meta(identity.namespace, identity.trial, "again", 1, None, identity.search_uid, identity.search)
    search = replace(meta, name=identity.search, uid=identity.search_uid)
    # The server stays: data at other addresses are read from it.
    server = given.storage.model_dump(include=set(Storage.model_fields)) if given.storage else {}
    storage = Storage.model_validate(server | {"bucket": BUCKET})
    place = storage_location(search, storage).model_copy(update={"folder": str(folder / "objects")})
    spec = NASTrialSpec(index=identity.index, basis=0, work=given.work, candidates=given.candidates, seed=given.seed)
    attempt = Attempt(
        TrialView(meta, spec, NASTrialStatus()),
        given.model_copy(update={"storage": place}),
        folder / "attempts",
        resources,
        template="",
        deadline=None,
        grace=GRACE,
        changed=lambda: None,
        program=program,
    )
    try:
        await attempt.wait()
    finally:
        attempt.stop()
        await attempt.wait()

    async def log(_: PodView) -> str | None:
        return await asyncio.to_thread(attempt.log_tail)

    store = FolderObjects(DirectoryStore(folder / "objects"))
    left = await left_behind(search, storage, store, identity.trial, last_pod(attempt.pods), log)
    return left.result or TrialResult(outcome=Outcome.FAILED, reason="NoResult", message=left.fault or left.log or "")
