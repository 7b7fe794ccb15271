"""One attempt of one trial, from the input file to the result file and the exit code."""

from __future__ import annotations

import os
import sys
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from nas_core.api.base import parse_duration
from nas_core.contract import (
    EXIT_CANDIDATE,
    EXIT_CHECKPOINTED,
    EXIT_OK,
    PROCESSES_ENV,
    RESULT_FILE_ENV,
    TRIAL_FILE_ENV,
    TrialInput,
    TrialResult,
)
from nas_core.states import WITHOUT_CANDIDATES, Outcome
from nas_trial.errors import (
    EXIT_CRASHED,
    EXIT_PEER_LOST,
    CandidateRejected,
    PeerLost,
    PodsMissing,
    Stopped,
    StorageUnavailable,
    explain,
)
from nas_trial.process.ending import end_with
from nas_trial.process.launcher import Together, launch
from nas_trial.process.log import log
from nas_trial.process.messages import Json
from nas_trial.process.metrics_endpoint import MetricsEndpoint
from nas_trial.process.pods import Place, meet
from nas_trial.process.result_file import write_result
from nas_trial.process.stop import StopFlag
from nas_trial.process.watchdog import Watchdog
from nas_trial.storage import open_bucket
from nas_trial.work.attempt import Attempt
from nas_trial.work.result import forget, record, recorded, result_place

if TYPE_CHECKING:
    from nas_trial.training.distributed import Group

RESULT: Json[TrialResult | None] = Json(TrialResult | None)


def main() -> int:
    """Run the attempt, in several processes or pods if asked for; return the exit code of the contract."""
    processes, place = int(os.environ.get(PROCESSES_ENV, "1")), Place.of()
    if "RANK" in os.environ:
        return end_with(attempt)
    if processes == 1 and place is None:
        return attempt()
    return launch_with_others(processes, place) if place else launch(processes)


def launch_with_others(processes: int, place: Place) -> int:
    """Wait for the other pods, then run this one's processes."""
    stop = StopFlag()
    stop.install()
    result_file = Path(os.environ[RESULT_FILE_ENV])
    try:
        trial = read_input(Path(os.environ[TRIAL_FILE_ENV]))
        identity = trial.identity
        name = f"{identity.search_uid}/{identity.trial}/{identity.attempt}"
        patience_s = parse_duration(trial.evaluation.stall_timeout).total_seconds()
        log("waiting", message=f"pod {place.node} of {place.nodes} waits for the others")
        peers = meet(place, name, patience_s, stop)
    except CandidateRejected as error:
        return fail(result_file, EXIT_CANDIDATE, error.reason, error.message)
    except Stopped:
        return EXIT_CHECKPOINTED
    except PodsMissing as error:
        return fail(result_file, EXIT_CRASHED, "PodsMissing", str(error))
    return launch(processes, pods=Together(place, peers, stop))


def attempt() -> int:
    """Run the attempt in this process, alone or as one of several."""
    stop = StopFlag()
    stop.install()
    result_file = Path(os.environ[RESULT_FILE_ENV])
    watchdog = Watchdog(on_hang=lambda why: fail(result_file, EXIT_CRASHED, "Stalled", why))
    try:
        trial = read_input(Path(os.environ[TRIAL_FILE_ENV]))
        group = join()
        result = run(trial, stop, watchdog, group)
        if group is None or group.rank == 0:
            write_result(result_file, result)
        if group:
            group.leave()
        return EXIT_OK
    except Stopped:
        log("stopped", message="the checkpoint is written; another attempt goes on from it")
        return EXIT_CHECKPOINTED
    except CandidateRejected as error:
        return fail(result_file, EXIT_CANDIDATE, error.reason, error.message)
    except StorageUnavailable as error:
        # While stopping, the checkpoint of the last epoch is good enough: this is no crash.
        if stop.is_set():
            log("stopped", message=f"another attempt goes on from the checkpoint of the last epoch: {error}")
            return EXIT_CHECKPOINTED
        return fail(result_file, EXIT_CRASHED, "StorageUnavailable", str(error))
    except PeerLost as error:
        sys.stderr.write(f"process {os.environ['RANK']}: another one is gone: {error}\n")
        return EXIT_CHECKPOINTED if stop.is_set() else EXIT_PEER_LOST
    except Exception as error:
        traceback.print_exc(file=sys.stdout)
        return fail(result_file, EXIT_CRASHED, *explain(error))


def read_input(file: Path) -> TrialInput:
    """Return what the operator asks for.

    Raises:
        CandidateRejected: if it is not of the contract's form: trying again cannot help.
    """
    try:
        return TrialInput.model_validate_json(file.read_text())
    except ValidationError as error:
        raise CandidateRejected("InputInvalid", f"the trial's input is not of the contract's form: {error}") from error


def fail(result_file: Path, code: int, reason: str, message: str) -> int:
    """Tell why the attempt failed; return the exit code."""
    log("failed", reason=reason, message=message)
    write_result(result_file, TrialResult(outcome=Outcome.FAILED, reason=reason, message=message[:2000]))
    return code


def join() -> Group | None:
    """Return the processes that this one is of, None if it is alone: then it needs no PyTorch yet."""
    if os.environ.get("WORLD_SIZE", "1") == "1":
        return None
    from nas_trial.training import distributed

    return distributed.join()


def run(trial: TrialInput, stop: StopFlag, watchdog: Watchdog, group: Group | None = None) -> TrialResult:
    """Do the trial's work and return its result, recorded if there is a storage."""
    started = time.monotonic()
    first = group is None or group.rank == 0
    store = open_bucket(trial.storage, stop) if trial.storage and first else None
    key = result_place(trial)
    attempt = Attempt(trial, stop, watchdog, MetricsEndpoint(trial.identity), store, group)
    if store and trial.work in WITHOUT_CANDIDATES:
        # Data may have been corrected since, weights deleted, or what was derived refused by the operator, and a trial
        # of this name made again for that. What is still good is found by the work itself.
        forget(store, key)
    if earlier := attempt.from_first(lambda: recorded(store, key) if store else None, RESULT):
        log("result", message="an earlier attempt has recorded a result; nothing is left to do")
        return earlier
    if first:
        attempt.endpoint.serve()
    result = work(attempt)
    result = result.model_copy(update={"seconds": round(time.monotonic() - started, 3)})
    return record(store, key, result) if store else result


def work(attempt: Attempt) -> TrialResult:
    """Do what the trial is for."""
    # Imported here: PyTorch takes seconds, which neither a look-up nor a result that is there already needs.
    if attempt.trial.evaluation.benchmark:
        from nas_trial.lookup.look_up import look_up

        return look_up(attempt, attempt.trial.evaluation.benchmark)
    from nas_trial.work.table import WORK

    return WORK[attempt.trial.work](attempt)
