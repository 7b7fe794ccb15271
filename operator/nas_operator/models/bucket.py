"""A model's part of the bucket: what its Job left there, whether its files are whole, and its end."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from nas_backend.left_behind import left_at
from nas_core.api.model import Artifact
from nas_core.api.storage import Storage
from nas_core.layout import BUNDLE_MANIFEST, BUNDLE_MANIFEST_LIMIT, model_result_key
from nas_core.records.model import ModelView
from nas_core.records.pod import PodView, last_pod
from nas_operator.kube.client import PODS, Client, path
from nas_operator.storage.objects import Buckets, Objects
from nas_plan.models.snapshot import Stored
from nas_plan.models.source import prefix_of
from nas_plan.snapshot import Collected
from nas_storage.faults import ObjectTooLarge

READ_LIMIT = 32 << 20
"""Bytes of a file that is read because its tag has changed; a larger one counts as changed."""
MOST_PACKAGES, VERSION_LENGTH = 32, 64


class ModelBucket:
    """Reads and deletes the files of models. Every method raises `StorageFault` if the storage cannot be used."""

    def __init__(self, client: Client, buckets: Buckets) -> None:
        self._client, self._buckets = client, buckets

    def forget(self, model_uid: str) -> None:
        """Drop what is remembered of a model that is gone."""
        self._buckets.forget(model_uid)

    async def collect(self, model: ModelView, storage: Storage, job: str) -> Collected:
        """Return what the Job that makes a model left: the result in the bucket, else the one of its last pod."""
        found, _ = await self._client.list_all(path(PODS, model.meta.namespace), f"job-name={job}")
        pod = last_pod(PodView.of(raw) for raw in found)
        objects = await self._objects(model, storage)
        return await left_at(model_result_key(prefix_of(model, storage)), objects, pod, _last_words)

    async def stored(self, model: ModelView, storage: Storage, prefix: str, artifacts: Sequence[Artifact]) -> Stored:
        """Return which files are there below ``prefix``; those whose tag is not the one on record are read."""
        objects = await self._objects(model, storage)
        tags = {key.removeprefix(prefix): tag for key, tag in (await objects.tags(prefix)).items()}
        wrong = [file for file in artifacts if file.path in tags and tags[file.path] != file.etag]
        return Stored(tags, frozenset([file.path for file in wrong if not await _same(objects, prefix, file)]))

    async def packages(self, model: ModelView, storage: Storage, prefix: str) -> Mapping[str, str]:
        """Return the versions of the packages that trained a model, as its bundle below ``prefix`` has them."""
        objects = await self._objects(model, storage)
        try:
            content = await objects.get(prefix + BUNDLE_MANIFEST, BUNDLE_MANIFEST_LIMIT)
            found: Any = json.loads(content or b"{}")["origin"]["packages"]
            versions = {str(name): str(version)[:VERSION_LENGTH] for name, version in found.items()}
        except (ObjectTooLarge, ValueError, LookupError, TypeError, AttributeError, RecursionError):
            return {}  # of an image that writes other bundles
        return dict(list(versions.items())[:MOST_PACKAGES])

    async def empty(self, model: ModelView, storage: Storage) -> bool:
        """Delete files of a model for some seconds; return whether none is left."""
        _, all_gone = await (await self._objects(model, storage)).delete_some(prefix_of(model, storage))
        return all_gone

    async def _objects(self, model: ModelView, storage: Storage) -> Objects:
        # The Secret of the model's own namespace: a model names no other.
        return await self._buckets.open(model.meta, storage)


async def _same(objects: Objects, prefix: str, file: Artifact) -> bool:
    if file.bytes > READ_LIMIT:
        return False
    try:
        content = await objects.get(prefix + file.path, file.bytes)
    except ObjectTooLarge:
        return False
    return content is not None and hashlib.sha256(content).hexdigest() == file.sha256


async def _last_words(pod: PodView) -> str | None:
    """Return what Kubernetes kept of the end of a log."""
    return pod.message or None
