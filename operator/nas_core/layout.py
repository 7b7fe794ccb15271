"""Where a search keeps its objects in the bucket. Keys are stable: other tools and later versions read them.

<prefix>/<namespace>/<search>/<uid>/            the root of one search, never shared by two
    report.html                                 the report, each time the search ends (docs/report.md)
    ledger/<number>-<hash>.jsonl.gz             ended trials, put once (docs/ledger.md)
    ledger/head.json.gz                         the search, with the trials that have not ended or are in no segment yet
    trials/<trial>/result.json                  the result, put once (If-None-Match: *)
    trials/<trial>/candidates/<candidate>.json      of a trial with several candidates: the result of one
    trials/<trial>/checkpoints/[<candidate>/]       the same, then: the checkpoints of one
    trials/<trial>/checkpoints/e<epoch>-s<step>-a<attempt>.safetensors     weights and optimiser state
    trials/<trial>/checkpoints/e<epoch>-s<step>-a<attempt>.json            manifest, put last: size, sha256, metrics
    trials/<trial>/bundle/a<attempt>/           the model: what it takes to use it (docs/model-bundle.md)
        bundle.json                             put last: the other files, their sizes and sha256

<prefix>/<namespace>/datasets/<hash>/           a prepared data set, for all searches of the namespace
    manifest.json                               put last: its files, their sizes and sha256
    preprocessing.json, splits.arrow, report.json, samples.png, <split>-targets.arrow, <split>-<number>-<hash>.arrow

<prefix>/<namespace>/knowledge_base/            results of searches that have ended, for later ones of the namespace
    <order>-<search>-<uid>.json                 one search (docs/transfer.md); the newest has the least order
    imported/<name>.json                        results of another tool (`nasctl import`)

<prefix>/<namespace>/models/<name>/<version>-<uid>/     a NASModel; it outlives its search
    result.json                                 put once (If-None-Match: *): names the folder that is the model
    <attempt>/                                  a bundle with exports; each attempt has a folder of its own
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from nas_core.api.storage import BucketAddress, Storage
from nas_core.contract import StorageLocation

BUNDLE_MANIFEST, BUNDLE_MANIFEST_LIMIT = "bundle.json", 1 << 20
"""Name of the file of a bundle that names the others, and the bytes that it may have."""

_LAST_ORDER = 9_999_999_999
"""Seconds since 1970 from which entries of a knowledge base are counted backwards: the year 2286."""

IMPORTED = "imported/"
"""Begins the keys of a knowledge base that are named after what was imported, and not after a time."""

MANIFEST_ENDING = ".json"
"""Of a checkpoint's manifest, which is put after the weights: where there is one they are whole."""


class SearchIdentity(Protocol):
    """The metadata that identifies one search for ever."""

    @property
    def namespace(self) -> str: ...  # noqa: D102

    @property
    def name(self) -> str: ...  # noqa: D102

    @property
    def uid(self) -> str: ...  # noqa: D102


def storage_location(search: SearchIdentity, storage: Storage) -> StorageLocation:
    """Return where a search keeps its objects."""
    return StorageLocation(
        root=search_root(storage.prefix, search.namespace, search.name, search.uid),
        **storage.model_dump(include={*BucketAddress.model_fields, "checkpoint_interval"}),
    )


def search_root(prefix: str, namespace: str, search: str, uid: str) -> str:
    """Return the key prefix of a search, without leading or trailing slash."""
    return f"{namespace_prefix(prefix, namespace)}{search}/{uid}"


def namespace_prefix(prefix: str, namespace: str) -> str:
    """Return the key prefix, with a trailing slash, of all that is kept for a namespace."""
    # Empty parts go: S3 does not fold slashes, so a key with one too many would be another key.
    return "/".join(part for part in (prefix.strip("/"), namespace) if part) + "/"


def report_key(root: str) -> str:
    """Return the key of the report of the search below ``root``."""
    return f"{root}/report.html"


def ledger_prefix(root: str) -> str:
    """Return the key prefix, with a trailing slash, of the segments of a search's ledger."""
    return f"{root}/ledger/"


def segment_key(root: str, number: int, content_hash: str) -> str:
    """Return the key of a segment, the first has number 1; ``content_hash`` is ``sha256:`` and its hex digits.

    With the hash: two writers of one number never write the same key, so a segment is what its key says, or damaged.
    """
    return f"{ledger_prefix(root)}{number:06d}-{content_hash.removeprefix('sha256:')}.jsonl.gz"


def ledger_head_key(root: str) -> str:
    """Return the key of the head of a search's ledger."""
    return f"{ledger_prefix(root)}head.json.gz"


def dataset_prefix(root: str, key: str) -> str:
    """Return the key prefix, with a trailing slash, of a prepared data set of the search below ``root``.

    ``key`` is the hash of what it is made from: the files and how they are to be read.
    """
    # Not below the search, which may be deleted while others use the data.
    return f"{namespace_of(root)}/datasets/{key}/"


def namespace_of(root: str) -> str:
    """Return the key prefix, without a trailing slash, of the namespace of the search below ``root``."""
    return root.rsplit("/", 2)[0]


def knowledge_prefix(prefix: str, namespace: str) -> str:
    """Return the key prefix, with a trailing slash, of what a namespace's searches leave for later ones.

    With an underscore, as no namespace and no search has one in its name: nothing else is ever kept below it.
    """
    return f"{namespace_prefix(prefix, namespace)}knowledge_base/"


def entry_key(prefix: str, namespace: str, search: str, uid: str, created: datetime) -> str:
    """Return the key of what a search leaves for later ones.

    A bucket lists keys in their order and from the first one only. So the newest come first: by the time when the
    search was created, which never changes, counted backwards. One page of a list has them, however many there are.
    """
    order = max(0, _LAST_ORDER - int(created.timestamp()))
    return f"{knowledge_prefix(prefix, namespace)}{order:010d}-{search}-{uid}.json"


def imported_key(prefix: str, namespace: str, name: str) -> str:
    """Return the key of results of another tool that were imported under a name; no list is needed to find them."""
    return f"{knowledge_prefix(prefix, namespace)}{IMPORTED}{name}.json"


def model_prefix(prefix: str, namespace: str, name: str, version: str, uid: str) -> str:
    """Return the key prefix, with a trailing slash, of a model; ``prefix`` is that of its search's storage.

    With the model's UID: one that is made again under its name never writes, or deletes, the former one's files.
    """
    return f"{namespace_prefix(prefix, namespace)}models/{name}/{version}-{uid}/"


def model_result_key(prefix: str) -> str:
    """Return the key of the result of the Job that makes the model below ``prefix``."""
    return f"{prefix}result.json"


def trial_root(root: str, trial: str) -> str:
    """Return the key prefix of a trial."""
    return f"{root}/trials/{trial}"


def result_key(root: str, trial: str) -> str:
    """Return the key of a trial's result."""
    return f"{trial_root(root, trial)}/result.json"


def candidate_key(root: str, trial: str, candidate: str) -> str:
    """Return the key of the result of one of several candidates of a trial."""
    return f"{trial_root(root, trial)}/candidates/{candidate}.json"


def checkpoint_prefix(root: str, trial: str) -> str:
    """Return the key prefix of a trial's checkpoints, with a trailing slash."""
    return f"{trial_root(root, trial)}/checkpoints/"


def manifest_key(weights: str) -> str:
    """Return the key of a checkpoint's manifest; ``weights`` is that of its weights."""
    return weights.removesuffix(".safetensors") + MANIFEST_ENDING


def weights_key(manifest: str) -> str:
    """Return the key of a checkpoint's weights; ``manifest`` is that of its manifest."""
    return manifest.removesuffix(MANIFEST_ENDING) + ".safetensors"


def trial_of(checkpoint: str) -> str:
    """Return the name of the trial below which a checkpoint lies, by its key or address."""
    return checkpoint.partition("/trials/")[2].partition("/")[0]


def bundle_prefix(root: str, trial: str, attempt: int) -> str:
    """Return the key prefix, with a trailing slash, of the bundle that an attempt writes.

    Attempts never write the same key: the result names the bundle of the attempt that recorded it.
    """
    return f"{trial_root(root, trial)}/bundle/a{attempt:03d}/"


def checkpoint_stem(epoch: int, step: int, attempt: int) -> str:
    """Return the name of one checkpoint without its ending; names sort by progress.

    Attempts never write the same key, so a pod that outlived its Job cannot damage its successor's checkpoint.

    Args:
        epoch: epochs completed.
        step: steps completed of the next epoch; 0 at the end of one.
        attempt: number of the attempt that writes it.
    """
    # With zeros in front, because keys are sorted as text.
    return f"e{epoch:05d}-s{step:07d}-a{attempt:03d}"
