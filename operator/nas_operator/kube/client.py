"""A thin client of the API server: raw JSON over aiohttp, which costs a fraction of the generated models.

Connection, certificates and tokens come from the `kubernetes` package (kubeconfig or the pod's service account). All
requests of the operator but Kopf's go through here and are counted.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import urlsplit
from urllib.request import proxy_bypass

import aiohttp
from pydantic_core import from_json, to_json

from kubernetes import client as k8s_client
from kubernetes import config as k8s_config
from nas_core.api import GROUP, VERSION
from nas_operator.bounded_answer import read_up_to
from nas_operator.errors import ApiError, ApiUnreachable, NotLeading
from nas_operator.kube.server_clock import ServerClock
from nas_operator.operator_metrics import API_REQUESTS

Json = dict[str, Any]


class Resource(NamedTuple):
    """A kind of object as URLs name it."""

    prefix: str
    """Path of its API group and version."""
    plural: str


API_GROUP = f"/apis/{GROUP}/{VERSION}"
SEARCHES = Resource(API_GROUP, "nassearches")
SPACES = Resource(API_GROUP, "nassearchspaces")
TRIALS = Resource(API_GROUP, "nastrials")
MODELS = Resource(API_GROUP, "nasmodels")
POLICIES = Resource(API_GROUP, "naspolicies")
JOBS = Resource("/apis/batch/v1", "jobs")
PODS = Resource("/api/v1", "pods")
SERVICES = Resource("/api/v1", "services")
NAMESPACES = Resource("/api/v1", "namespaces")
QUOTAS = Resource("/api/v1", "resourcequotas")
EVENTS = Resource("/api/v1", "events")
SECRETS = Resource("/api/v1", "secrets")
CONFIG_MAPS = Resource("/api/v1", "configmaps")
WORKLOADS = Resource("/apis/kueue.x-k8s.io/v1beta2", "workloads")
LEASES = Resource("/apis/coordination.k8s.io/v1", "leases")
TOKEN_REVIEWS = Resource("/apis/authentication.k8s.io/v1", "tokenreviews")
SUBJECT_ACCESS_REVIEWS = Resource("/apis/authorization.k8s.io/v1", "subjectaccessreviews")
CRDS = Resource("/apis/apiextensions.k8s.io/v1", "customresourcedefinitions")

METADATA_ALONE = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
"""The form of an answer without spec, status and data (Kubernetes API concepts, "Metadata-only fetches")."""
LISTED_METADATA = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
STRICT = {"fieldValidation": "Strict"}
REQUEST_TIMEOUT = aiohttp.ClientTimeout(total=30)


def path(
    resource: Resource, namespace: str | None = None, name: str | None = None, subresource: str | None = None
) -> str:
    """Return the URL path of a collection, an object or one of its subresources."""
    within = ("namespaces", namespace) if namespace else ()
    return "/".join((resource.prefix, *within, resource.plural, *filter(None, (name, subresource))))


class Client:
    """Requests to one API server, between :meth:`open` and :meth:`close`, or as an async context manager."""

    def __init__(self, configuration: k8s_client.Configuration) -> None:
        self._configuration = configuration
        self._session: aiohttp.ClientSession | None = None
        self.fence: Callable[[], bool] = lambda: True
        """Asked before every write whether it may be sent (`nas_operator.leadership`)."""
        self.clock = ServerClock()

    @classmethod
    def from_environment(cls) -> Client:
        """Use the pod's service account, or else the kubeconfig of the environment."""
        configuration = k8s_client.Configuration()
        try:
            k8s_config.load_incluster_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
        except k8s_config.ConfigException:
            k8s_config.load_kube_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
        return cls(configuration)

    async def open(self) -> None:
        """Read the certificates and open the session; a connection is made by the first request."""
        given = self._configuration
        context = ssl.create_default_context(cafile=given.ssl_ca_cert)
        if given.cert_file:
            context.load_cert_chain(given.cert_file, given.key_file)
        if not given.verify_ssl:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        # No limit on connections: every watch holds one for good, and writes have a gate of their own (`Writer`).
        connector = aiohttp.TCPConnector(ssl=context, limit=0)
        # Found once: aiohttp's own look at the environment (trust_env) reads it, and ~/.netrc, for every request.
        proxy = None if proxy_bypass(urlsplit(given.host).hostname or "") else given.proxy
        self._session = aiohttp.ClientSession(base_url=given.host, connector=connector, proxy=proxy)

    async def close(self) -> None:
        """Close the connections, if there are any."""
        if self._session:
            await self._session.close()

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def _headers(self, accept: str = "application/json") -> dict[str, str]:
        # Asked anew for each request: service account tokens are rotated, and the package's hook reads the file again.
        token = self._configuration.get_api_key_with_prefix("BearerToken", alias="authorization")
        return {"Accept": accept} | ({"Authorization": token} if token else {})

    async def request(
        self,
        verb: str,
        url: str,
        *,
        body: Any = None,
        query: Mapping[str, str] | None = None,
        content_type: str = "application/json",
        text: bool = False,
        fenced: bool = True,
        limit: int | None = None,
        accept: str = "application/json",
    ) -> Any:
        """Send one request and return the answer's JSON (or its text).

        Args:
            verb: the HTTP method.
            url: path, as :func:`path` makes it.
            body: of a write; it is sent as JSON.
            query: of the URL.
            content_type: of the body.
            text: whether the answer is no JSON.
            fenced: whether a write is sent only while this operator leads.
            limit: bytes that are read of an answer whose parts others write freely; None: all.
            accept: the form of the answer.

        Raises:
            ApiError: if the server denied it.
            NotLeading: if it is a write and another operator may have taken over; it was not sent.
            ApiUnreachable: if it could not be reached, did not answer within 30 s, not in JSON, or with more bytes.
        """
        assert self._session, "open the client first"
        data = None if body is None else to_json(body)
        with _mapped():
            headers = self._headers(accept) | ({"Content-Type": content_type} if data is not None else {})
            # Last: a process may be frozen anywhere, also between what it has read and what it writes.
            if fenced and verb != "GET" and not self.fence():
                raise NotLeading("the Lease is no longer held; nothing was written")
            async with self._session.request(
                verb, url, data=data, params=query, headers=headers, timeout=REQUEST_TIMEOUT
            ) as answer:
                content = await answer.read() if limit is None else await read_up_to(limit, answer)
                API_REQUESTS.labels(verb=verb, code=str(answer.status)).inc()
            if answer.status >= 400:
                # Perhaps not of the API server, but of a proxy before it, so its time is not taken over.
                raise _error(answer.status, content)
            self.clock.heard(answer.headers.get("Date"))
            return content.decode(errors="replace") if text else from_json(content)

    async def get(self, url: str, **query: str) -> Json:
        """Read one object (or, with a collection's path, one page of a list)."""
        result: Json = await self.request("GET", url, query=query)
        return result

    async def metadata(self, url: str) -> Json:
        """Read the metadata of one object, and nothing else of it: what a Secret holds is not even sent."""
        answer = await self.request("GET", url, accept=METADATA_ALONE)
        found: Json = answer["metadata"]
        return found

    async def list_metadata(self, url: str, query: Mapping[str, str], limit: int) -> list[Json]:
        """Read the metadata of the objects of a collection that a query finds; ``limit`` as in :meth:`request`."""
        answer = await self.request("GET", url, query=query, accept=LISTED_METADATA, limit=limit)
        return [found["metadata"] for found in answer["items"]]

    async def list_all(self, url: str, label_selector: str | None = None) -> tuple[list[Json], str]:
        """List a collection page by page; return its items and the list's resource version."""
        items: list[Json] = []
        query = {"limit": "500"} | ({"labelSelector": label_selector} if label_selector else {})
        while True:
            page = await self.request("GET", url, query=query)
            items += page.get("items", ())
            # All pages show the collection at the version of the first (Kubernetes API concepts, "Retrieving large
            # results sets in chunks").
            if not (token := page["metadata"].get("continue")):
                return items, page["metadata"]["resourceVersion"]
            query["continue"] = token

    async def create(self, url: str, body: Json, *, fenced: bool = True) -> Json:
        """Create an object in a collection; ``fenced`` as in :meth:`request`.

        A field that the API server does not know is an error, as with kubectl: it would be dropped, and nobody said so.
        """
        result: Json = await self.request("POST", url, body=body, query=STRICT, fenced=fenced)
        return result

    async def patch(self, url: str, body: Json, *, fenced: bool = True) -> Json:
        """Change an object by a JSON merge patch (RFC 7386); ``fenced`` as in :meth:`request`."""
        content_type = "application/merge-patch+json"
        result: Json = await self.request("PATCH", url, body=body, content_type=content_type, fenced=fenced)
        return result

    async def replace(self, url: str, body: Json) -> None:
        """Write an object over the one that is there, whatever that holds. Unlike a patch it gives nothing away."""
        await self.request("PUT", url, body=body, query=STRICT)

    async def delete(self, url: str, uid: str, background: bool = False) -> Json:
        """Delete exactly the object with this UID; its dependents, the pods of a Job, go first, or afterwards."""
        body = {
            "kind": "DeleteOptions",
            "apiVersion": "v1",
            "preconditions": {"uid": uid},
            # The Job stays until its pods are gone: that is how the plan sees that nothing of the attempt runs any
            # more.
            "propagationPolicy": "Background" if background else "Foreground",
        }
        result: Json = await self.request("DELETE", url, body=body)
        return result

    async def watch(
        self, url: str, resource_version: str, label_selector: str | None, timeout_s: int, silence_s: float
    ) -> AsyncIterator[Json]:
        """Yield the watch events of a collection until the server ends the stream.

        Raises:
            ApiError: with status 410 when the resource version is too old: list again.
            ApiUnreachable: also if nothing, not even a bookmark, came for ``silence_s`` seconds: the stream is dead.
        """
        assert self._session, "open the client first"
        query = {
            "watch": "true",
            "allowWatchBookmarks": "true",
            "resourceVersion": resource_version,
            "timeoutSeconds": str(timeout_s),
        } | ({"labelSelector": label_selector} if label_selector else {})
        # No bound in all, because a watch is meant to last: only silence ends it.
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=silence_s)
        with _mapped():
            async with self._session.get(url, params=query, headers=self._headers(), timeout=timeout) as answer:
                API_REQUESTS.labels(verb="WATCH", code=str(answer.status)).inc()
                if answer.status >= 400:
                    raise _error(answer.status, await answer.read())
                buffer = b""
                async for chunk in answer.content.iter_any():
                    # One JSON object a line; a chunk may end within one.
                    *lines, buffer = (buffer + chunk).split(b"\n")
                    for line in lines:
                        event = from_json(line)
                        # The status line said 200 when the stream began, so a later error comes as an event.
                        if event["type"] == "ERROR":
                            raise _api_error(event["object"].get("code", 500), event["object"])
                        yield event
                        # A burst of buffered events must not keep the loop from everything else.
                    await asyncio.sleep(0)


@contextmanager
def _mapped() -> Iterator[None]:
    """Let nothing of aiohttp's out: whoever asks the API server knows only `nas_operator.errors`."""
    try:
        yield
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        # A timeout has no text of its own. ValueError: a URL or an answer (a proxy's page) that cannot be read.
        raise ApiUnreachable(f"the API server does not answer: {type(error).__name__} {error}".rstrip()) from error


def _error(status: int, content: bytes) -> ApiError:
    try:
        return _api_error(status, from_json(content))
    except (ValueError, AttributeError, TypeError, KeyError):
        # Not from the API server but from a proxy before it; the beginning of its page has to do.
        return ApiError(status, "", content[:300].decode(errors="replace"))


def _api_error(status: int, answer: Json) -> ApiError:
    """Return the error that a `metav1.Status` tells of."""
    causes = (answer.get("details") or {}).get("causes") or ()
    reasons = tuple(str(cause.get("reason", "")) for cause in causes)
    return ApiError(status, answer.get("reason", ""), answer.get("message", ""), reasons)
