"""Makes the bundle of a candidate from its checkpoint, and puts it into the storage (docs/model-bundle.md)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import metadata
from typing import get_args

import torch
from torch import Tensor, nn

from nas_core.api.trial import CandidateSpec
from nas_core.contract import TrialResult
from nas_core.layout import bundle_prefix
from nas_model.bundle.contents import bundle_contents
from nas_model.bundle.format import CARD, ArchitectureFile, Manifest, Origin, Precision
from nas_model.networks.trained import trained_network
from nas_model.precision import PRECISIONS
from nas_model.preprocessing.forms import NumbersForm, Preprocessing
from nas_trial.card.card import card_files
from nas_trial.data.examples import Examples
from nas_trial.errors import Stopped, StorageUnavailable
from nas_trial.learning_tasks.regression import Regression
from nas_trial.process.device import pick_dtype
from nas_trial.process.log import log
from nas_trial.training.checkpoint import Checkpoints
from nas_trial.training.hyperparameters import with_hyperparameters
from nas_trial.work.attempt import Attempt
from nas_trial.work.card import facts_of
from nas_trial.work.judging import judging_split, outputs_of

PACKAGES = ("torch", "numpy", "nas-operator")
"""Of which the bundle tells the versions that trained it, where they are installed as packages."""


@dataclass(frozen=True)
class Parts:
    """What a bundle is made of."""

    manifest: Manifest
    architecture: ArchitectureFile
    preprocessing: Preprocessing
    weights: Mapping[str, Tensor]

    def network(self) -> nn.Module:
        """Return the network with its weights, to evaluate, on the CPU."""
        candidate, signature = self.architecture.candidate, self.preprocessing.signature
        return trained_network(self.architecture.space, candidate.architecture, signature, self.weights)


def contents(
    attempt: Attempt, candidate: CandidateSpec, result: TrialResult, examples: Examples, device: torch.device
) -> dict[str, bytes]:
    """Return the files of the bundle of a trained candidate, in the order in which they have to be put.

    Args:
        attempt: of the training, with a store.
        candidate: one of its candidates.
        result: what came of it: its metrics are the bundle's, its checkpoint has the weights.
        examples: the prepared data that it was trained on.
        device: on which it was judged.

    Raises:
        NotFound: if the checkpoint is gone.
        ValueError: if there is none, or it is damaged.
        Stopped: if asked to stop.
        StorageUnavailable: if the storage did not answer for minutes.
    """
    parts = parts_of(attempt, candidate, result, examples, device)

    def card() -> dict[str, bytes]:
        network = parts.network().to(device).to(memory_format=torch.channels_last)
        _, split = judging_split(examples)
        dtype = PRECISIONS[parts.manifest.precision]
        outputs = outputs_of(network, examples, split, device, dtype, attempt.alive)
        return card_files(
            facts_of(
                parts.manifest,
                parts.architecture,
                parts.preprocessing,
                examples,
                outputs,
                _loaded_from(attempt),
                result.warnings,
            )
        )

    return bundle_contents(
        parts.manifest, parts.architecture, parts.preprocessing, parts.weights, _if_it_can_be_made(card)
    )


def parts_of(
    attempt: Attempt, candidate: CandidateSpec, result: TrialResult, examples: Examples, device: torch.device
) -> Parts:
    """Return what the bundle of a trained candidate is made of; arguments and errors are those of :func:`contents`."""
    trial, store = attempt.trial, attempt.store
    assert trial.storage is not None and store is not None, "without a storage there is no checkpoint"
    assert examples.preprocessing is not None, "the data of a trial are prepared"
    if result.checkpoint is None:
        raise ValueError("the checkpoint that has them could not be stored")
    identity = trial.identity
    checkpoints = Checkpoints(store, "", trial.storage.bucket, identity.attempt, candidate.id)
    evaluation = with_hyperparameters(trial.evaluation, candidate.hyperparameters)
    manifest = Manifest(
        task=trial.task.type,
        metrics=result.metrics,
        precision=_named(pick_dtype(evaluation.precision, device)),
        origin=Origin(
            namespace=identity.namespace,
            search=identity.search,
            search_uid=identity.search_uid,
            trial=identity.trial,
            index=identity.index,
            attempt=identity.attempt,
            seed=trial.seed,
            data_seed=trial.data_seed,
            epochs=result.epochs,
            dataset_hash=result.dataset_hash,
            checkpoint=result.checkpoint,
            task=trial.task,
            evaluation=evaluation,
            objectives=trial.objectives,
            threads=torch.get_num_threads(),
            gpus=_gpus(attempt, device),
            packages=dict(_versions()),
        ),
        files=[],
    )
    architecture = ArchitectureFile(space=trial.space, candidate=candidate)
    preprocessing = _with_scale(examples.preprocessing, examples)
    return Parts(manifest, architecture, preprocessing, checkpoints.weights(result.checkpoint))


def _if_it_can_be_made(card: Callable[[], dict[str, bytes]]) -> dict[str, bytes]:
    try:
        return card()
    except (Stopped, StorageUnavailable):
        raise
    # A model without a card is worth more than none: whatever is wrong with a page must not cost a training.
    except Exception as error:
        log("card", message=f"the bundle has no {CARD}: {type(error).__name__}: {error}")
        return {}


def publish(files: Mapping[str, bytes], attempt: Attempt) -> str:
    """Put the files of a bundle below the attempt's prefix; return the address of its folder.

    The manifest is the last, and this attempt's prefix is its own: a kill leaves a whole bundle, or none that counts.

    Raises:
        StorageUnavailable: if the storage did not answer for minutes.
    """
    store = attempt.store
    assert store is not None
    for name, content in files.items():
        store.put(_prefix(attempt) + name, content)
        attempt.watchdog.beat()
    return address(attempt)


def address(attempt: Attempt) -> str:
    """Return the address of the folder that this attempt writes."""
    assert attempt.trial.storage is not None
    return f"s3://{attempt.trial.storage.bucket}/{_prefix(attempt)}"


def _loaded_from(attempt: Attempt) -> str:
    """Return what `nas_model.load` takes; a folder that stands for a bucket is known as that bucket to nobody else."""
    storage = attempt.trial.storage
    assert storage is not None
    return f"{storage.folder}/{_prefix(attempt)}" if storage.folder else address(attempt)


def _prefix(attempt: Attempt) -> str:
    trial = attempt.trial
    assert trial.storage is not None
    return bundle_prefix(trial.storage.root, trial.identity.trial, trial.identity.attempt)


def _gpus(attempt: Attempt, device: torch.device) -> int:
    if device.type != "cuda":
        return 0
    return attempt.group.size if attempt.group else 1


def _with_scale(preprocessing: Preprocessing, examples: Examples) -> Preprocessing:
    """Return the preprocessing with the scale by which this training saw the targets of a regression.

    In cross-validation that is its fold's.
    """
    target, task = preprocessing.target, examples.task
    if not (isinstance(target, NumbersForm) and isinstance(task, Regression)):
        return preprocessing
    mean, deviation = (
        tuple(torch.as_tensor(values, dtype=torch.float64).reshape(-1).tolist())
        for values in (task.mean, task.deviation)
    )
    return preprocessing.model_copy(update={"target": target.model_copy(update={"mean": mean, "deviation": deviation})})


def _named(dtype: torch.dtype) -> Precision:
    names: tuple[Precision, ...] = get_args(Precision)
    return next(name for name in names if PRECISIONS[name] == dtype)


def _versions() -> list[tuple[str, str]]:
    found = []
    for package in PACKAGES:
        try:
            found.append((package, metadata.version(package)))
        except metadata.PackageNotFoundError:  # the image has our own code as plain files
            continue
    return found
