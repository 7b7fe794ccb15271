"""Requests to the API server about objects of this API; what goes wrong comes out as a `ClientError`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from urllib3.exceptions import HTTPError

from kubernetes import client
from nas_client.errors import ApiUnreachable, ClientError, InvalidInput, SearchUnreadable
from nas_core.api import GROUP, VERSION

TIMEOUT_S = 10
TRY_AGAIN = (429, 500, 502, 503, 504)
"""HTTP status codes of an API server that is overloaded or restarting."""
NOT_TAKEN = (400, 409, 422)
"""HTTP status codes that mean what was sent."""
UNKNOWN_FIELD = "field not declared in schema"
"""What server-side apply says of a field that the API does not have, with the status of an internal error."""
PAGE, PAGES = 500, 200
"""Objects of one answer, as kubectl asks for, and the most answers of one list."""
PLURALS = {"nassearch": "nassearches"}
"""Of kinds whose plural is not made by an s."""


def ask(
    api: client.CustomObjectsApi, namespace: str, verb: str, kind: str, *, status: bool = False, **arguments: Any
) -> Any:
    """Return the answer to one request.

    Args:
        api: the connection.
        namespace: of the objects.
        verb: get, list, create, patch or delete.
        kind: of the object, in small letters.
        status: whether the request is about its subresource ``status``.
        arguments: of the method of `kubernetes.client.CustomObjectsApi`, such as ``name`` and ``body``.

    Raises:
        InvalidInput: if there is no such object, or the API server does not take what is asked for.
        ApiUnreachable: if it did not answer.
        SearchUnreadable: if it denied the request.
    """
    plural = PLURALS.get(kind, f"{kind}s")
    what = f"{kind} {arguments['name']!r}" if "name" in arguments else plural
    where = f"there is no {what} in namespace {namespace!r}; see: kubectl get {plural} --all-namespaces"
    with explained(what, InvalidInput(where)):
        return getattr(api, f"{verb}_namespaced_custom_object{'_status' if status else ''}")(
            group=GROUP, version=VERSION, namespace=namespace, plural=plural, _request_timeout=TIMEOUT_S, **arguments
        )


def ask_for_all(api: client.CustomObjectsApi, namespace: str, kind: str, **selectors: str) -> Iterator[Any]:
    """Yield all objects of a kind, as the API server lists them; errors are those of :func:`ask`."""
    following = ""
    for _ in range(PAGES):
        more: dict[str, Any] = {**selectors, **({"_continue": following} if following else {})}
        answer = ask(api, namespace, "list", kind, limit=PAGE, **more)
        yield from answer["items"]
        following = answer.get("metadata", {}).get("continue", "")
        if not following:
            return


@contextmanager
def explained(what: str, missing: ClientError) -> Iterator[None]:
    """Turn what goes wrong with a request about ``what`` into a `ClientError`: ``missing`` if it is not there."""
    try:
        yield
    except client.ApiException as error:
        if error.status == 404:
            raise missing from error
        if error.status in NOT_TAKEN or UNKNOWN_FIELD in _message(error):
            raise InvalidInput(_message(error)) from error
        if error.status in TRY_AGAIN:
            raise ApiUnreachable(f"{error.status} {error.reason}") from error
        raise SearchUnreadable(f"the API server denied access to {what}: {error.status} {error.reason}") from error
    except (HTTPError, OSError) as error:
        raise ApiUnreachable(str(error)) from error


def _message(error: client.ApiException) -> str:
    try:
        return str(json.loads(error.body or "")["message"])
    except (ValueError, LookupError, TypeError):
        return f"{error.status} {error.reason}"
