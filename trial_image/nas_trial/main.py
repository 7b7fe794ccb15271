"""One attempt of one trial, from the input file to the result file and the exit code."""

from __future__ import annotations

import os
import sys
import time
import traceback
from pathlib import Path

from pydantic import ValidationError

from nas_core.contract import (
    EXIT_CANDIDATE,
    EXIT_CHECKPOINTED,
    EXIT_OK,
    RESULT_FILE_ENV,
    TRIAL_FILE_ENV,
    TrialInput,
    TrialResult,
)
from nas_core.layout import checkpoint_prefix
from nas_trial.errors import CandidateRejected, Stopped, StorageUnavailable
from nas_trial.exporter import Exporter
from nas_trial.log import log
from nas_trial.result import record, recorded, tell
from nas_trial.stop import StopFlag
from nas_trial.storage import ObjectStore, S3Store

EXIT_CRASHED = 1


def main() -> int:
    """Run the attempt; return the exit code of the contract."""
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
        tell(result_file, run(trial, stop))
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
    except Exception as error:
        traceback.print_exc(file=sys.stdout)
        return fail(result_file, EXIT_CRASHED, *explain(error))


def fail(result_file: Path, code: int, reason: str, message: str) -> int:
    """Tell why the attempt failed; return the exit code."""
    log("failed", reason=reason, message=message)
    tell(result_file, TrialResult(outcome="Failed", reason=reason, message=message[:2000]))
    return code


def explain(error: Exception) -> tuple[str, str]:
    """Return reason and message of an error that another attempt, perhaps on another node, may not meet."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":  # torch's, perhaps not imported
        return "OutOfMemory", f"lower evaluation.batchSize or give the trial more memory: {error}"
    return "Crashed", f"{type(error).__name__}: {error}"


def run(trial: TrialInput, stop: StopFlag) -> TrialResult:
    """Evaluate the candidate and return its result, recorded if there is a storage."""
    started = time.monotonic()
    store = S3Store(trial.storage, stop) if trial.storage else None
    identity, root = trial.identity, trial.storage.root if trial.storage else ""
    if store and (earlier := recorded(store, root, identity.trial)):
        log("result", message="an earlier attempt has recorded a result; nothing is left to do")
        return earlier
    exporter = Exporter(identity)
    exporter.serve()
    result = evaluate(trial, store, exporter, stop)
    result = result.model_copy(update={"seconds": round(time.monotonic() - started, 3)})
    return record(store, root, identity.trial, result) if store else result


def evaluate(trial: TrialInput, store: ObjectStore | None, exporter: Exporter, stop: StopFlag) -> TrialResult:
    """Train the candidate, from its newest checkpoint if there is one, and measure it."""
    import torch  # here: it takes seconds, and the paths before need none of it

    from nas_trial import data, measure
    from nas_trial.average import Average
    from nas_trial.checkpoint import Checkpoints, Progress
    from nas_trial.device import pick_device
    from nas_trial.engine import Engine
    from nas_trial.hyperparameters import with_hyperparameters
    from nas_trial.networks import build_network
    from nas_trial.regularize import add_dropout
    from nas_trial.schedule import make_optimizer

    device = pick_device(trial.evaluation.deterministic)
    candidate = trial.candidates[0]
    evaluation = with_hyperparameters(trial.evaluation, candidate.hyperparameters)
    examples = data.load(trial.task.dataset, trial.storage, trial.data_seed, device, stop)
    torch.manual_seed(trial.seed)
    network = build_network(trial.space, candidate.architecture, examples.signature)
    add_dropout(network, float(evaluation.dropout), examples.signature.outputs)
    network = network.to(device).to(memory_format=torch.channels_last)
    hardware, contended = measure.hardware_metrics(network, examples.signature, device)
    log(
        "start",
        trial=trial.identity.trial,
        architecture=candidate.text or candidate.architecture,
        device=str(device),
        **hardware,
    )
    exporter.set(**hardware)

    optimizer = make_optimizer(network, evaluation)
    decay = float(evaluation.average_decay)
    average = Average(network, decay) if decay else None
    checkpoints, progress, resumed = None, Progress(), None
    if store and trial.storage:
        prefix = checkpoint_prefix(trial.storage.root, trial.identity.trial)
        checkpoints = Checkpoints(store, prefix, trial.storage.bucket, trial.identity.attempt, candidate.id)
        if found := checkpoints.resume(network, optimizer, average.network if average else None):
            progress, resumed = found, found.epoch
    address: str | None = None

    def save(now: Progress) -> None:
        nonlocal address
        log("epoch", epoch=now.epoch, step=now.step, **now.metrics)
        address = None
        if checkpoints:
            try:
                address = checkpoints.save(network, optimizer, now, average.network if average else None)
            except StorageUnavailable as error:
                # The training is worth more than one checkpoint; the next epoch tries again.
                log("checkpoint-lost", message=str(error))

    engine = Engine(
        network,
        optimizer,
        examples,
        evaluation,
        trial.seed,
        device,
        stop,
        report=exporter.set,
        save=save,
        average=average,
    )
    progress = engine.train(progress)
    if checkpoints and address is None:
        # The last save failed, or the checkpoint that was found is of the last epoch: its address is not known.
        save(progress)
    return TrialResult(
        outcome="Succeeded",
        metrics={**progress.metrics, **hardware, "train_seconds": progress.seconds},
        epochs=progress.epoch,
        resumed_from_epoch=resumed,
        checkpoint=address,
        attempt=trial.identity.attempt,
        dataset_hash=examples.hash,
        contended=contended,
    )
