"""Where a candidate's first weights come from, if not from its seed: what `evaluation.initFrom` names.

That is a .safetensors file, or the bundle of a model (docs/model-bundle.md), which also says how its inputs were
prepared: images are standardised as that model saw them (:func:`prepared_for`, for `nas_trial.work.candidates` and
`nas_trial.work.model_source`). `nas_trial.work.train` calls :func:`load` once a network is built;
`nas_trial.training.init_from` loads the file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from torch import nn

from nas_core.api.evaluation import InitFrom
from nas_core.api.trial import InitialWeights
from nas_core.contract import WARNING_LENGTH, StorageLocation
from nas_model.bundle.format import WEIGHTS
from nas_model.bundle.opened import OpenedBundle, open_bundle
from nas_model.bundle.places import Folder, Place
from nas_model.errors import BundleError
from nas_model.networks.head import head_of
from nas_model.preprocessing.forms import ClassesForm, Preprocessing
from nas_trial.data.examples import Examples
from nas_trial.data.files import Files
from nas_trial.data.load import scratch
from nas_trial.data.prepared.prepared import Prepared
from nas_trial.data.source import single_file
from nas_trial.errors import CandidateRejected
from nas_trial.process.log import log
from nas_trial.process.stop import StopFlag
from nas_trial.storage import open_bucket
from nas_trial.training import init_from
from nas_trial.work.attempt import Attempt
from nas_trial.work.stored_bundle import StoredBundle

FIELD = "evaluation.initFrom"


@dataclass(frozen=True)
class Found:
    """The weights, on this machine's disk."""

    file: Path
    sha256: str
    preprocessing: Preprocessing | None = None
    """Of a bundle: how the inputs of its network were prepared."""
    files: Files | None = None
    """Keeps a downloaded file while it lives."""


def load(network: nn.Module, given: InitFrom, attempt: Attempt, examples: Examples) -> tuple[InitialWeights, str]:
    """Load weights into a network, freeze them if asked to; return what was loaded, also for people.

    Of a bundle whose outputs mean something else than those of the examples the last layer is left out. Each process of
    a group reads the file itself: all have to know which weights are frozen.

    Raises:
        CandidateRejected: if there is no such file, or it is not the one of the spec's SHA-256, or nothing in it fits.
        Stopped: if asked to stop while it is downloaded.
        StorageUnavailable: if the bucket's server did not answer for minutes.
    """
    found, head = _find(given, attempt), head_of(network, examples.signature.outputs)
    there, own = found.preprocessing, examples.preprocessing
    other = there is not None and own is not None and not _same_outputs(there, own)
    report = init_from.load(network, found.file, repr(_address(given)), head if other else None)
    if given.freeze:
        report = init_from.freeze(network, report, head)
    log("init-from", loaded=len(report.loaded), others=list(report.others), parameters=report.parameters)
    source = InitialWeights(
        source=_address(given), sha256=found.sha256, inherited=report.parameters, trained=report.trained
    )
    return source, str(report)[:WARNING_LENGTH]


def prepared_for(attempt: Attempt, data: Prepared) -> Prepared:
    """Return the data of a trial with images standardised as a bundle's network saw them; others are as they were.

    Raises:
        CandidateRejected: if the bundle is missing or damaged, or its inputs are not of the form of these.
        Stopped: if asked to stop.
        StorageUnavailable: if the bucket's server did not answer for minutes.
    """
    given = attempt.trial.evaluation.init_from
    if given is None or not _is_bundle(given):
        return data
    with _named(given):
        there = _opened(_address(given), given.sha256, attempt.trial.storage, attempt.stop).preprocessing
    own = data.preprocessing
    if fault := _other_inputs(own, there):
        raise CandidateRejected(
            "SpecInvalid",
            f"{FIELD}: the model of {_address(given)!r} takes other inputs than these data: {fault}; name a model of "
            f"data of this form, or the model's {WEIGHTS} alone, which is loaded by names and shapes",
        )
    if own.image is None or there.image is None:
        return data
    image = own.image.model_copy(update={"mean": there.image.mean, "deviation": there.image.deviation})
    return replace(data, preprocessing=own.model_copy(update={"image": image}))


def _other_inputs(own: Preprocessing, there: Preprocessing) -> str | None:
    """Say what of two preprocessings makes weights of the one useless to the other; None if nothing does."""
    if own.image and there.image:
        forms = [(image.channels, image.type) for image in (own.image, there.image)]
        if forms[0] != forms[1]:
            mine, its = (f"{channels} channels of {type}" for channels, type in forms)
            return f"its images have {its}, and these {mine}"
    if own.audio and there.audio and own.audio.rate != there.audio.rate:
        return f"its sound has {there.audio.rate} samples a second, and this {own.audio.rate}"
    for kind in ("image", "audio"):
        if (getattr(own, kind) is None) != (getattr(there, kind) is None):
            return f"only one of them has {kind}"
    # What these are kept as follows from words, categories and means that were learned of the training rows.
    for kind in ("text", "series", "numeric", "categorical"):
        if getattr(own, kind) != getattr(there, kind):
            return f"{kind} is prepared otherwise, as it was learned of other examples"
    return None


def _same_outputs(one: Preprocessing, other: Preprocessing) -> bool:
    """Whether outputs mean the same: of a regression the scale may differ."""
    if isinstance(one.target, ClassesForm) or isinstance(other.target, ClassesForm):
        return one.target == other.target
    return one.target.columns == other.target.columns


def _address(given: InitFrom | None) -> str:
    return (given.uri or given.path or "") if given else ""


def _is_bundle(given: InitFrom) -> bool:
    return _address(given).endswith("/")


@contextmanager
def _named(given: InitFrom) -> Iterator[None]:
    """Say in faults of a bundle which one it is."""
    try:
        yield
    except BundleError as error:
        raise CandidateRejected("SpecInvalid", f"{FIELD} {_address(given)!r}: {error}") from error


def _find(given: InitFrom, attempt: Attempt) -> Found:
    with _named(given):
        find = _bundle if _is_bundle(given) else _file
        return find(_address(given), given.sha256, attempt.trial.storage, attempt.stop)


# Of several candidates in a trial all have the same weights: they are downloaded once.
@lru_cache(maxsize=1)
def _file(address: str, sha256: str | None, storage: StorageLocation | None, stop: StopFlag) -> Found:
    files = single_file(FIELD, address, storage, stop)
    file = files.local(files.names[0])
    with file.open("rb") as content:
        found = hashlib.file_digest(content, "sha256").hexdigest()
    if sha256 not in (None, found):
        raise CandidateRejected(
            "SpecInvalid", f"{FIELD}.sha256 is {sha256}, and {address!r} has {found}: it is another file"
        )
    return Found(file, found, files=files)


@lru_cache(maxsize=1)
def _bundle(address: str, sha256: str | None, storage: StorageLocation | None, stop: StopFlag) -> Found:
    opened = _opened(address, sha256, storage, stop)
    # Bytes that were compared with the manifest, in a file from which tensors are read one by one.
    content, file = opened.content(WEIGHTS), scratch() / WEIGHTS
    file.write_bytes(content)
    return Found(file, hashlib.sha256(content).hexdigest(), opened.preprocessing)


# Without its weights: who prepares data as the model's were, or makes a model of what was trained, reads no more.
@lru_cache(maxsize=1)
def _opened(address: str, sha256: str | None, storage: StorageLocation | None, stop: StopFlag) -> OpenedBundle:
    place: Place = Folder(Path(address))
    if address.startswith("s3://"):
        if storage is None:
            raise CandidateRejected("SpecInvalid", f"{FIELD} {address!r} needs spec.storage, whose server it is on")
        bucket, _, prefix = address.removeprefix("s3://").partition("/")
        place = StoredBundle(open_bucket(storage, stop, bucket), bucket, prefix)
    return open_bundle(place, sha256)
