"""Writes to the API server, the same for every controller: each can be repeated, and each denial has one meaning."""

from __future__ import annotations

import asyncio
import logging

from nas_operator.errors import ApiDenied, ApiError, Conflict, NamespaceTerminating, StatusDenied
from nas_operator.kube.client import EVENTS, Client, Json, path

logger = logging.getLogger(__name__)

PARALLEL_WRITES = 16
INVALID = (400, 413, 422)
"""Answers to a write that mean what was written: malformed, too large, against the schema."""
UNACCEPTABLE = (*INVALID, 403)
"""Answers to a create that mean the object itself: also a denial of admission or a quota."""


class Writer:
    """Writes of one controller, so many at a time that the API server has room for others."""

    def __init__(self, client: Client) -> None:
        self._client, self._gate = client, asyncio.Semaphore(PARALLEL_WRITES)

    async def make(self, collection: str, body: Json) -> Json:
        """Create an object, or return the one that is there by this name.

        Raises:
            ApiDenied: if the API server does not take it.
        """
        async with self._gate:
            try:
                return await self._client.create(collection, body)
            except ApiError as error:
                # AlreadyExists: an earlier look made it, perhaps before a restart.
                if error.status != 409:
                    raise _denied(error) from error
                return await self._client.get(f"{collection}/{body['metadata']['name']}")

    async def make_or_replace(self, collection: str, body: Json) -> None:
        """Create an object, or replace the one that is there by this name, without reading it.

        Raises:
            ApiDenied: if the API server does not take it.
            Conflict: if the one that was there is gone.
        """
        async with self._gate:
            try:
                await self._client.create(collection, body)
            except ApiError as error:
                if error.status != 409:
                    raise _denied(error) from error
            else:
                return
            try:
                await self._client.replace(f"{collection}/{body['metadata']['name']}", body)
            except ApiError as error:
                if error.status in (404, 409):
                    raise Conflict(str(error)) from error
                raise _denied(error) from error

    async def delete(self, url: str, uid: str, background: bool = False) -> Json:
        """Delete an object, its dependents first, or afterwards.

        Return the answer, which is empty if the object is gone already.
        """
        async with self._gate:
            try:
                return await self._client.delete(url, uid, background)
            except ApiError as error:
                # 404: it is gone. 409: the UID is another's, of an object that was made anew under this name.
                if error.status not in (404, 409):
                    raise
                return {}

    async def patch(self, url: str, body: Json) -> Json:
        """Change an object, and return it as it is then. With a resource version in the body nobody else has before.

        Raises:
            Conflict: if somebody has changed or deleted it.
            StatusDenied: if the API server does not take what is written.
        """
        async with self._gate:
            try:
                return await self._client.patch(url, body)
            except ApiError as error:
                if error.status in (404, 409):
                    raise Conflict(str(error)) from error
                if error.status in INVALID:
                    raise StatusDenied(error.message) from error
                raise

    async def tell(self, event: Json) -> None:
        """Create an Event; one that cannot be created is in the log alone."""
        namespace, reason = event["metadata"]["namespace"], event["reason"]
        key = namespace, event["involvedObject"]["name"]
        logger.info("%s/%s: %s: %s", *key, reason, event["message"])
        try:
            await self._client.create(path(EVENTS, namespace), event)
        except ApiError as error:
            # Nothing can be created in a namespace that is being deleted, and nobody reads its Events any more.
            # 409: the same Event was created within this minute (`build_event`).
            if error.status != 409 and not error.terminating:
                logger.warning("event %s of %s/%s: %s", reason, *key, error)


def _denied(error: ApiError) -> ApiError | ApiDenied:
    """Return what the answer to a create means."""
    # First: it is a 403 as well, but nothing in the spec can be corrected for it.
    if error.terminating:
        return NamespaceTerminating(error.message)
    return ApiDenied(error.message) if error.status in UNACCEPTABLE or _failed_webhook(error) else error


def _failed_webhook(error: ApiError) -> bool:
    """Whether a webhook that Kubernetes has to ask does not work: for its owner, not for the API server, to mend."""
    # Any fault of the API server is a 500 as well, and those of etcd pass: only the text tells them apart
    # (`Internal error occurred: failed calling webhook "name": …`).
    return error.status == 500 and "webhook" in error.message
