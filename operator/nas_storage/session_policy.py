"""What a trial may do with the storage, as the session policy of its short-lived keys. Pure.

A trial reads and writes nothing but what its input names, so the policy follows from the input alone. A session policy
only takes rights away: what the key of the Secret may not do, no session may (AWS, "Session policies").

Its own folder is written; the data, the weights and the earlier rungs that it goes on from are read. What is read or
written may be listed too: S3 answers 403 in the place of 404 to who may not list.
"""

from __future__ import annotations

import json
import posixpath
from dataclasses import dataclass

from nas_core.contract import StorageLocation, TrialInput
from nas_core.layout import checkpoint_prefix, dataset_prefix, manifest_key, namespace_of, trial_of, trial_root
from nas_core.records.names import rungs_of
from nas_core.states import Work

POLICY_LENGTH = 2048
"""Characters that STS takes of a session policy (API reference, AssumeRole)."""
_WRITES = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"]
_ADDS = ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"]
_READS = ["s3:GetObject"]
_PATTERNS = "*?$"
"""Characters that stand for others in a policy's resource, or begin a variable."""


class NoPolicy(ValueError):
    """No policy limits a trial to what it needs; the message names the field, and says what to do."""


@dataclass(frozen=True)
class Reach:
    """What a session reaches: patterns ``bucket/key``, in which ``*`` stands for any characters."""

    written: tuple[str, ...] = ()
    """Read, written and deleted."""
    added: tuple[str, ...] = ()
    """Read and written."""
    read: tuple[str, ...] = ()


def reach_of(given: TrialInput) -> Reach:
    """Return what a trial with this input has to reach.

    Raises:
        NoPolicy: if what it reads contains what other trials write.
    """
    storage = given.storage
    assert storage is not None, "without a storage there is nothing to reach"
    root, bucket = storage.root, storage.bucket

    def of_trial(name: str) -> str:
        return f"{bucket}/{trial_root(root, name)}/*"

    read = _data(given, storage)
    if given.prepared:
        read.append(f"{bucket}/{_prepared(given.prepared, storage)}*")
    if given.supernet:
        weights = f"{bucket}/{_weights(given.supernet, storage)}"
        read += [weights, manifest_key(weights)]
    if given.continues:
        # A checkpoint names the best one of all rungs.
        first, further = rungs_of(given.continues)
        read += [of_trial(first), of_trial(f"{further}*")]
    if given.model:
        # The Job that makes a model has no folder among the trials.
        return Reach((f"{bucket}/{given.model.prefix}*",), (), (*read, of_trial(given.model.source.trial)))
    # Whose hash, the name of the folder, only the data tell.
    added = (f"{bucket}/{dataset_prefix(root, '*')}*",) if given.work == Work.PREPARE else ()
    return Reach((of_trial(given.identity.trial),), added, tuple(read))


def policy_document(reach: Reach, partition: str = "aws") -> str:
    """Return the policy as JSON, short.

    Args:
        reach: what the session is to reach.
        partition: of the ARNs: ``aws``, ``aws-cn`` …

    Raises:
        NoPolicy: if it is longer than a server takes.
    """
    arn = f"arn:{partition}:s3:::"
    rights = ((_WRITES, reach.written), (_ADDS, reach.added), (_READS, reach.read))
    statements = [_allow(actions, [arn + each for each in patterns]) for actions, patterns in rights if patterns]
    listed: dict[str, list[str]] = {}
    for pattern in dict.fromkeys((*reach.written, *reach.added, *reach.read)):
        bucket, _, key = pattern.partition("/")
        listed.setdefault(bucket, []).append(key)
    for bucket, keys in listed.items():
        statements.append(
            _allow(["s3:ListBucket"], [arn + bucket]) | {"Condition": {"StringLike": {"s3:prefix": keys}}}
        )
    document = json.dumps({"Version": "2012-10-17", "Statement": statements}, separators=(",", ":"))
    if len(document) > POLICY_LENGTH:
        raise NoPolicy(
            f"storage.scoped: the session policy of a trial has {len(document):,} characters, servers take "
            f"{POLICY_LENGTH:,}; shorten storage.prefix or the addresses of data and weights"
        )
    return document


def _allow(actions: list[str], resources: list[str]) -> dict[str, object]:
    return {"Effect": "Allow", "Action": actions, "Resource": resources}


def _data(given: TrialInput, storage: StorageLocation) -> list[str]:
    """Return the patterns of what the user has named: data and published files."""
    task, evaluation, found = given.task, given.evaluation, []
    weights, benchmark = evaluation.init_from, evaluation.benchmark
    files = {
        "task.dataset.text.tokenizer": task.dataset.text.tokenizer,
        "evaluation.initFrom.uri": weights.uri if weights else None,
        "evaluation.benchmark.uri": benchmark.uri if benchmark else None,
    }
    for field, address in files.items():
        if address and address.startswith("s3://"):
            # One that ends with a slash is a bundle, of some files.
            pattern = _literal(field, address) + ("*" if address.endswith("/") else "")
            _refuse_wide(field, address, [pattern], storage)
            found.append(pattern)
    # With prepared data nobody reads the others.
    if task.dataset.uri and not given.prepared:
        named = _literal("task.dataset.uri", task.dataset.uri)
        data = [named.rstrip("/"), f"{named.rstrip('/')}/*"]
        # Of a table the files that it names lie beside it.
        if posixpath.splitext(named)[1] and posixpath.dirname(named) != named.partition("/")[0]:
            data.append(f"{posixpath.dirname(named)}/*")
        _refuse_wide("task.dataset.uri", task.dataset.uri, data, storage)
        found += data
    return found


def _refuse_wide(field: str, address: str, patterns: list[str], storage: StorageLocation) -> None:
    """Raise NoPolicy if what the user has named contains what other trials write."""
    own = f"{storage.bucket}/{storage.root}/"
    if wide := [pattern for pattern in patterns if pattern.endswith("*") and own.startswith(pattern[:-1])]:
        raise NoPolicy(
            f"storage.scoped: {field} {address!r} is in {wide[0].rstrip('*')}, where the results of all trials are "
            "too; put the data elsewhere, or the search below a storage.prefix of its own"
        )


def _prepared(address: str, storage: StorageLocation) -> str:
    key = _reported(address, storage)
    if key != dataset_prefix(storage.root, key.rstrip("/").rpartition("/")[2]):
        raise _misplaced(address)
    return key


def _weights(address: str, storage: StorageLocation) -> str:
    key = _reported(address, storage)
    root = key.partition("/trials/")[0]
    # Perhaps those of another search of the namespace.
    if namespace_of(root) != namespace_of(storage.root) or not key.startswith(checkpoint_prefix(root, trial_of(key))):
        raise _misplaced(address)
    return key


def _reported(address: str, storage: StorageLocation) -> str:
    """Return the key of what the image of another trial says that it has left: it must not widen what is read."""
    there = f"s3://{storage.bucket}/"
    if not address.startswith(there) or ".." in address or any(character in address for character in _PATTERNS):
        raise _misplaced(address)
    return address.removeprefix(there)


def _misplaced(address: str) -> NoPolicy:
    return NoPolicy(
        f"storage.scoped: a trial has reported {address!r}, where such objects of the namespace are not kept; correct "
        "its image, and delete the trial, which makes it again"
    )


def _literal(field: str, address: str) -> str:
    if any(character in address for character in _PATTERNS):
        raise NoPolicy(
            f"storage.scoped: {field} {address!r} has one of {' '.join(_PATTERNS)}, which stand for others in a "
            "policy; give the objects another key"
        )
    return address.removeprefix("s3://")
