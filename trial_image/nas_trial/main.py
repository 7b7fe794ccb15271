"""One attempt of one trial, from the input file to the result file and the exit code."""

from __future__ import annotations

import os
import sys
import time
import traceback
from dataclasses import replace
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
from nas_storage.store import ObjectStore
from nas_trial.errors import (
    EXIT_CRASHED,
    EXIT_PEER_LOST,
    CandidateRejected,
    PeerLost,
    Stopped,
    StorageUnavailable,
    explain,
)
from nas_trial.process.launcher import launch
from nas_trial.process.log import log
from nas_trial.process.metrics_endpoint import Exporter
from nas_trial.process.stop import StopFlag
from nas_trial.process.watchdog import Watchdog
from nas_trial.storage import open_bucket
from nas_trial.work.result import record, recorded, tell

if TYPE_CHECKING:
    from nas_trial.training.distributed import Group


def main() -> int:
    """Run the attempt, in several processes if asked for; return the exit code of the contract."""
    processes = int(os.environ.get(PROCESSES_ENV, "1"))
    return launch(processes) if processes > 1 and "RANK" not in os.environ else attempt()


def attempt() -> int:
    """Run the attempt in this process, alone or as one of several."""
    stop = StopFlag()
    stop.install()
    result_file = Path(os.environ[RESULT_FILE_ENV])
    try:
        try:
            trial = TrialInput.model_validate_json(Path(os.environ[TRIAL_FILE_ENV]).read_text())
        except ValidationError as error:
            raise CandidateRejected(
                "InputInvalid", f"the trial's input is not of the contract's form: {error}"
            ) from error
        watchdog = Watchdog(lambda why: fail(result_file, EXIT_CRASHED, "Stalled", why))
        group = join()
        result = run(trial, stop, watchdog, group)
        if group is None or group.rank == 0:
            tell(result_file, result)
        if group:
            group.leave()
        return EXIT_OK
    except Stopped:
        log("stopped", message="the checkpoint is written; another attempt goes on from it")
        return EXIT_CHECKPOINTED
    except CandidateRejected as error:
        return fail(result_file, EXIT_CANDIDATE, error.reason, error.message)
    except StorageUnavailable as error:
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


def fail(result_file: Path, code: int, reason: str, message: str) -> int:
    """Tell why the attempt failed; return the exit code."""
    log("failed", reason=reason, message=message)
    tell(result_file, TrialResult(outcome="Failed", reason=reason, message=message[:2000]))
    return code


def join() -> Group | None:
    """Return the processes that this one is of, None if it is alone: then it needs no PyTorch yet."""
    if os.environ.get("WORLD_SIZE", "1") == "1":
        return None
    from nas_trial.training import distributed

    return distributed.join()


def run(trial: TrialInput, stop: StopFlag, watchdog: Watchdog, group: Group | None = None) -> TrialResult:
    """Evaluate the candidate and return its result, recorded if there is a storage."""
    started = time.monotonic()
    first = group is None or group.rank == 0
    store = open_bucket(trial.storage, stop) if trial.storage and first else None
    identity, root = trial.identity, trial.storage.root if trial.storage else ""
    earlier = recorded(store, root, identity.trial) if store else None
    if group:
        earlier = group.from_first(lambda: earlier)
    if earlier:
        log("result", message="an earlier attempt has recorded a result; nothing is left to do")
        return earlier
    exporter = Exporter(identity)
    if first:
        exporter.serve()
    result = evaluate(trial, store, exporter, stop, watchdog, group)
    result = result.model_copy(update={"seconds": round(time.monotonic() - started, 3)})
    return record(store, root, identity.trial, result) if store else result


def evaluate(
    trial: TrialInput,
    store: ObjectStore | None,
    exporter: Exporter,
    stop: StopFlag,
    watchdog: Watchdog,
    group: Group | None,
) -> TrialResult:
    """Evaluate the trial's candidates, one or several."""
    if trial.evaluation.benchmark:
        from nas_trial.lookup.look_up import look_up

        return look_up(trial, trial.evaluation.benchmark, store, exporter, stop, watchdog)
    # Here: these take seconds, and the paths before need none of them.
    from nas_trial.data.examples import Examples, no_test
    from nas_trial.data.load import load_examples
    from nas_trial.process.allocator import keep_memory
    from nas_trial.process.device import free_memory, pick_device
    from nas_trial.process.torch_startup import keep_compiler_out
    from nas_trial.training.distributed import from_first
    from nas_trial.work import packing, score, train

    keep_memory()
    keep_compiler_out()
    limit = parse_duration(trial.evaluation.stall_timeout).total_seconds()
    device = pick_device(trial.evaluation.deterministic, group.size if group else 1)

    def read() -> Examples:
        with watchdog.watching(limit, "reading the data", computing=True):
            examples = load_examples(trial.task, trial.storage, trial.data_seed, device, stop)
            examples = examples.for_retraining() if trial.work == "Retrain" else examples
            # What reads the test split is of no use from here on, and cannot be sent to another process.
            return replace(examples, read_test=no_test)

    examples = from_first(group, read)
    place = train.Workplace(trial, examples, device, store, exporter, stop, watchdog, group)
    judge = score.evaluate if trial.work == "Score" else train.evaluate
    if len(trial.candidates) == 1:
        return judge(trial.candidates[0], place)
    return packing.evaluate_all(trial, lambda one: judge(one, place), store, exporter.begin, group, free_memory)
