"""One candidate: its network built, measured, and trained from its newest checkpoint if there is one."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from nas_core.api.base import parse_duration
from nas_core.api.curve import Curve
from nas_core.api.evaluation import Evaluation
from nas_core.api.trial import CandidateSpec
from nas_core.contract import MOST_WARNINGS, TrialInput, TrialResult
from nas_core.layout import checkpoint_prefix
from nas_storage.store import ObjectStore
from nas_trial.data.examples import Examples
from nas_trial.errors import Stopped
from nas_trial.measuring import measure
from nas_trial.networks.build import build_network
from nas_trial.process.log import log
from nas_trial.process.metrics_endpoint import Exporter
from nas_trial.process.stop import StopFlag
from nas_trial.process.watchdog import Watchdog
from nas_trial.training.checkpoint import Checkpoints, Progress, take
from nas_trial.training.distributed import Group, from_first
from nas_trial.training.ema import Average
from nas_trial.training.engine import Engine
from nas_trial.training.hyperparameters import with_hyperparameters
from nas_trial.training.regularize import add_dropout
from nas_trial.training.saver import Saver
from nas_trial.training.schedule import make_optimizer
from nas_trial.work.constraint_check import refusal, refused


@dataclass(frozen=True)
class Workplace:
    """What all candidates of a trial share, and is paid for once."""

    trial: TrialInput
    examples: Examples
    device: torch.device
    store: ObjectStore | None
    exporter: Exporter
    stop: StopFlag
    watchdog: Watchdog
    group: Group | None = None
    """The processes that train together, each in a workplace like this one; only the first one's has a store."""


def evaluate(candidate: CandidateSpec, place: Workplace) -> TrialResult:
    """Measure a candidate, train it to the end unless it breaks a constraint already, and return what came of it.

    Raises:
        CandidateRejected: if it cannot be trained.
        Stopped: if asked to stop; the checkpoint is stored then, unless the storage is away.
    """
    evaluation = with_hyperparameters(place.trial.evaluation, candidate.hyperparameters)
    limit = parse_duration(evaluation.stall_timeout).total_seconds()
    with place.watchdog.watching(limit, f"candidate {candidate.id}"):
        return _evaluate(candidate, evaluation, place)


def _evaluate(candidate: CandidateSpec, evaluation: Evaluation, place: Workplace) -> TrialResult:
    trial, examples, device, group = place.trial, place.examples, place.device, place.group
    torch.manual_seed(trial.seed)
    network = build_network(trial.space, candidate.architecture, examples.signature)
    add_dropout(network, float(evaluation.dropout), examples.signature.outputs)
    network = network.to(device).to(memory_format=torch.channels_last)
    hardware, contended = from_first(group, lambda: measure.hardware_metrics(network, examples.signature, device))
    place.watchdog.beat()
    log(
        "start",
        trial=trial.identity.trial,
        architecture=candidate.text or candidate.architecture,
        device=str(device),
        **hardware,
    )
    place.exporter.reset()
    place.exporter.set(**hardware)
    if why := refusal(hardware, contended, trial.constraints):
        seen = {"dataset_hash": examples.hash, "contended": contended, "warnings": list(examples.warnings)}
        return refused(hardware, why, trial.identity.attempt).model_copy(update=seen)
    optimizer = make_optimizer(network, evaluation)
    decay = float(evaluation.average_decay)
    average = Average(network, decay) if decay else None
    judged = average.network if average else None
    checkpoints = make_checkpoints(candidate, place, trial.identity.trial)
    below = make_checkpoints(candidate, place, trial.continues) if trial.continues else None
    found = checkpoints.resume(network, optimizer, judged) if checkpoints else None
    skipped = checkpoints.skipped if checkpoints else []
    if found is None and below:
        found = below.resume(network, optimizer, judged)
        skipped = [*skipped, *below.skipped]
        if found is None:
            skipped = [f"trial {trial.continues} has no whole checkpoint: training began anew", *skipped]
    if group:
        found = group.alike(network, optimizer, judged, found)
    place.watchdog.beat()
    resumed = found.epoch if found else None
    saver = Saver(checkpoints) if checkpoints else None

    def save(progress: Progress) -> None:
        log("epoch", epoch=progress.epoch, step=progress.step, **progress.metrics)
        if saver:
            saver.save(take(network, optimizer, progress, judged))

    engine = Engine(
        network,
        optimizer,
        examples,
        evaluation,
        trial.seed,
        device,
        place.stop,
        report=place.exporter.set,
        save=save,
        average=average,
        beat=place.watchdog.beat,
        objectives=[objective.metric for objective in trial.objectives],
        group=group,
        last_epoch=trial.last_epoch,
    )
    try:
        progress = engine.train(found or Progress())
    except Stopped:
        if saver:
            saver.finish()
        raise
    address = saver.finish() if saver else None
    if saver and address is None:
        # The last save failed, or the checkpoint that was found is of the last epoch: its address is not known.
        save(progress)
        address = saver.finish()
    return TrialResult(
        outcome="Succeeded",
        metrics={**progress.metrics, **hardware, "train_seconds": progress.seconds},
        epochs=progress.epoch,
        resumed_from_epoch=resumed,
        checkpoint=address,
        attempt=trial.identity.attempt,
        dataset_hash=examples.hash,
        contended=contended,
        curve=Curve(**progress.curve) if progress.curve else None,
        warnings=[
            *skipped[:4],
            *_memory_warning(candidate, evaluation, progress),
            *examples.warnings,
        ][:MOST_WARNINGS],
    )


def _memory_warning(candidate: CandidateSpec, evaluation: Evaluation, progress: Progress) -> list[str]:
    if progress.parts <= evaluation.accumulation:
        return []
    return [
        f"candidate {candidate.id} ran out of GPU memory and was trained with each batch in {progress.parts} parts; "
        "lower evaluation.batchSize or raise evaluation.accumulation to save the attempts"
    ]


def make_checkpoints(candidate: CandidateSpec, place: Workplace, name: str) -> Checkpoints | None:
    """Return where a candidate's checkpoints of the trial with a name are, None without a storage."""
    trial = place.trial
    if place.store is None or trial.storage is None:
        return None
    prefix = checkpoint_prefix(trial.storage.root, name)
    if len(trial.candidates) > 1:
        prefix += f"{candidate.id}/"
    return Checkpoints(place.store, prefix, trial.storage.bucket, trial.identity.attempt, candidate.id, trial.objective)
