"""One request to the API server about objects of this API; what goes wrong comes out as a `ClientError`."""

from __future__ import annotations

import json
from typing import Any

from urllib3.exceptions import HTTPError

from kubernetes import client
from nas_client.errors import ApiUnreachable, InvalidInput, SearchUnreadable
from nas_client.reader import TIMEOUT_S, TRY_AGAIN
from nas_core.api import GROUP, VERSION

PLURALS = {"nassearch": "nassearches"}
"""Of kinds whose plural is not made by an s."""


def ask(api: client.CustomObjectsApi, namespace: str, verb: str, kind: str, **arguments: Any) -> Any:
    """Return the answer to one request.

    Args:
        api: the connection.
        namespace: of the objects.
        verb: get, list, create, patch or delete.
        kind: of the object, in small letters.
        arguments: of the method of `kubernetes.client.CustomObjectsApi`, such as ``name`` and ``body``.

    Raises:
        InvalidInput: if there is no such object, or the API server does not take what is asked for.
        ApiUnreachable: if it did not answer.
        SearchUnreadable: if it denied the request.
    """
    plural = PLURALS.get(kind, f"{kind}s")
    what = f"{kind} {arguments['name']!r}" if "name" in arguments else plural
    try:
        return getattr(api, f"{verb}_namespaced_custom_object")(
            group=GROUP, version=VERSION, namespace=namespace, plural=plural, _request_timeout=TIMEOUT_S, **arguments
        )
    except client.ApiException as error:
        if error.status == 404:
            where = f"there is no {what} in namespace {namespace!r}"
            raise InvalidInput(f"{where}; see: kubectl get {plural} --all-namespaces") from error
        if error.status in TRY_AGAIN:
            raise ApiUnreachable(f"{error.status} {error.reason}") from error
        if error.status in (400, 409, 422):
            raise InvalidInput(_message(error)) from error
        raise SearchUnreadable(f"the API server denied access to {what}: {error.status} {error.reason}") from error
    except (HTTPError, OSError) as error:
        raise ApiUnreachable(str(error)) from error


def _message(error: client.ApiException) -> str:
    try:
        return str(json.loads(error.body or "")["message"])
    except (ValueError, LookupError, TypeError):
        return f"{error.status} {error.reason}"
