"""Moves a search to a cluster: `nasctl submit --from`. Its results are kept, its weights stay where they are.

It is one that `nasctl run` ran, or one of another cluster that has left its ledger in a bucket.

The search is created suspended, gets what was chosen for it, then its trials with their results, and goes on at the
end. Each step is done only if that is not done yet: after a kill the same command finishes what was begun.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from nas_client.asking import ask
from nas_client.errors import InvalidInput, SearchNotFound
from nas_client.reader import Reader
from nas_client.search_state import SearchState
from nas_client.searches import MERGE, Searches
from nas_core.api import GROUP
from nas_core.api.trial import NASTrialStatus
from nas_core.records.conditions import find
from nas_core.records.names import asked_hash
from nas_core.records.trial_object import build_trial
from nas_core.states import ConditionType, Work

MOVED_ANNOTATION = f"{GROUP}/moved-from"
"""Of a search on the cluster: the UID that it had on the machine where it was begun."""
KEPT = (Work.TRAIN, Work.SCORE, Work.SUPERNET, Work.EARLIER)
"""Work whose results are moved. Data are prepared again, and the best are trained again, as their files stay behind."""
TRIES = 5
"""Writes of what was chosen: the operator may be writing its first status of the search at the same time."""

Json = dict[str, Any]


@dataclass(frozen=True)
class Moved:
    """How a search has been moved."""

    trials: int
    """Of those that are on the cluster now."""
    results: int
    """Of those that have ended."""


def move(
    reader: Reader,
    manifest: Mapping[str, Any],
    run: SearchState,
    report: Callable[[int, int], None],
    in_bucket: bool = False,
) -> Moved:
    """Give a manifest to the cluster with the results of a run of it.

    Args:
        reader: the connection.
        manifest: the NASSearch to be submitted.
        run: the search as it was run, and its trials.
        report: is called with how many trials are on the cluster, and of how many.
        in_bucket: whether the run is of another cluster, so that the addresses of its files are good here, too.

    Raises:
        ClientError: if the run is of another search, or the API server does not take it; the message says what to do.
    """
    searches, asking = Searches(reader), partial(ask, reader.objects, reader.namespace)
    if not in_bucket:
        check(manifest, run)
    name, kept = manifest["metadata"]["name"], [trial for trial in run.trials if trial.spec.work in KEPT]
    try:
        state = reader.read(name)
    except SearchNotFound:
        if in_bucket:
            # The record of a cluster has the defaults of the API; that of a folder has what was written.
            check(searches.with_defaults(manifest), run)
        held = {**manifest, "spec": {**manifest["spec"], "suspend": True}}
        held["metadata"] = {**manifest["metadata"], "annotations": _annotations(manifest, run)}
        searches.submit(held)
        state = reader.read(name)
    _refuse_another(searches.get(name), run)
    _give(asking, name, lambda: searches.get(name).get("status") or {}, status_of(run))
    there = {trial.meta.name: trial for trial in state.trials}
    for number, trial in enumerate(kept, 1):
        raw = build_trial(state.search.meta, trial.spec, state.search.asked)
        new = raw["metadata"]["name"]
        if new not in there:
            asking("create", "nastrial", body=raw)
        if trial.recorded and not (new in there and there[new].recorded):
            result = trial.status if in_bucket else result_of(trial.status)
            body = {"status": result.to_dict()}
            asking("patch", "nastrial", name=new, body=body, status=True, _content_type=MERGE)
        report(number, len(kept))
    searches.change(name, {"suspend": manifest["spec"].get("suspend")})
    return Moved(len(kept), sum(trial.recorded for trial in kept))


def check(manifest: Mapping[str, Any], run: SearchState) -> None:
    """Refuse what cannot be moved.

    Raises:
        InvalidInput: with field, value and remedy.
    """
    spec = manifest.get("spec") or {}
    if run.spec.strategy.rungs is not None:
        raise InvalidInput(
            "spec.strategy.rungs: trials go on from the weights of others, and these are not moved; finish it "
            "where it was begun, or submit it without --from"
        )
    if run.spec.evaluation.supernet is not None:
        raise InvalidInput(
            "spec.evaluation.supernet: candidates are evaluated with shared weights, and these are not moved; "
            "finish it where it was begun, or submit it without --from"
        )
    if asked_hash(spec) != run.search.asked:
        raise InvalidInput(
            "these are results of another spec: what results depend on (task, searchSpace, objectives, strategy, "
            "evaluation, …) differs from the manifest; name the manifest that was run, or submit it without --from"
        )


def status_of(run: SearchState) -> Json:
    """Return what the search on the cluster has to know from its beginning: what was chosen, and when it began."""
    status = run.status.to_dict()
    known = {name: status[name] for name in ("firstTrialTime", "plan", "searchSpace") if status.get(name) is not None}
    if prepared := find(run.status.conditions, ConditionType.DATA_READY):
        # That it is there says that trials read prepared data; the operator prepares them, and then it is true.
        known["conditions"] = [prepared.model_copy(update={"status": "False"}).to_dict()]
    return known


def result_of(status: NASTrialStatus) -> NASTrialStatus:
    """Return a result without the addresses of files, which only the machine has that made them."""
    candidates = [one.model_copy(update={"checkpoint": None}) for one in status.candidates]
    return status.model_copy(update={"checkpoint": None, "bundle": None, "candidates": candidates})


def _annotations(manifest: Mapping[str, Any], run: SearchState) -> Json:
    return {**(manifest["metadata"].get("annotations") or {}), MOVED_ANNOTATION: run.search.meta.uid}


def _refuse_another(found: Mapping[str, Any], run: SearchState) -> None:
    moved = (found["metadata"].get("annotations") or {}).get(MOVED_ANNOTATION)
    if moved != run.search.meta.uid:
        name = found["metadata"]["name"]
        raise InvalidInput(
            f"there is a NASSearch {name!r} already, which is not of this run; delete it, or give the manifest "
            "another metadata.name"
        )


def _give(asking: Callable[..., Any], name: str, status: Callable[[], Json], wanted: Json) -> None:
    """Write into the search's status what it has to know, and see that it stays there."""
    for _ in range(TRIES):
        if _has(status(), wanted):
            return
        asking("patch", "nassearch", name=name, body={"status": wanted}, status=True, _content_type=MERGE)
    if not _has(status(), wanted):
        raise InvalidInput(f"the status of {name!r} is written by somebody else at the same time; try again")


def _has(status: Json, wanted: Json) -> bool:
    chosen = [(entry["field"], entry["value"]) for entry in wanted.get("plan", {}).get("chosen", [])]
    found = [(entry["field"], entry["value"]) for entry in (status.get("plan") or {}).get("chosen", [])]
    return status.get("firstTrialTime") is not None and sorted(chosen) == sorted(found)
