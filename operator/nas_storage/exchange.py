"""What one call to a storage may take: seconds in all, bytes of each answer, and the servers it may go to.

botocore's ``read_timeout`` starts again with every packet, and its answers have no bound. So a server that sends a byte
every few seconds holds a thread for hours, and one that never ends its answer fills the memory. The bounds are checked
where the bytes come in: :func:`bound` gives a client connections whose reads check the current :class:`Allowance`.
The servers are checked where a request is sent and where a connection is made (`nas_storage.allowed_endpoints`).
"""

from __future__ import annotations

import contextlib
import http.client
import io
import socket
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from botocore.awsrequest import (
    AWSHTTPConnection,
    AWSHTTPConnectionPool,
    AWSHTTPSConnection,
    AWSHTTPSConnectionPool,
    AWSPreparedRequest,
)
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from nas_storage.allowed_endpoints import AllowedEndpoints

if TYPE_CHECKING:
    from types_boto3_s3.client import S3Client


class Allowance:
    """The bounds of one call, which may be several requests.

    Attributes:
        answer_bytes: bytes that each answer may have, its headers counted; infinite if there is no bound.
        servers: those that requests may go to; None: all.
        overrun: whether an answer had more bytes.
    """

    def __init__(
        self,
        seconds: float,
        answer_bytes: float,
        servers: AllowedEndpoints | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock, self._until = clock, clock() + seconds
        self.answer_bytes, self.servers = answer_bytes, servers
        self.overrun = False

    def left(self) -> float:
        """Return the seconds that are left, at least 0."""
        return max(0.0, self._until - self._clock())

    def wait_s(self, timeout: float | None) -> float | None:
        """Return how long to wait for the next packet, given the connection's own timeout (None: for ever).

        Raises:
            TimeoutError: if no time is left.
        """
        left = self.left()
        if left <= 0:
            raise TimeoutError("the time for the whole call is over")
        return min(left, float("inf") if timeout is None else timeout) if left < float("inf") else timeout

    @contextlib.contextmanager
    def in_force(self) -> Iterator[None]:
        """Bound what this thread reads and sends meanwhile."""
        token = _IN_FORCE.set(self)
        try:
            yield
        finally:
            _IN_FORCE.reset(token)


_UNBOUNDED = Allowance(float("inf"), float("inf"))
# A context belongs to a thread (or task), so a client that several threads share keeps to the bounds of each.
_IN_FORCE: ContextVar[Allowance] = ContextVar("_IN_FORCE")


class AnswerTooLong(OSError):
    """An answer has more bytes than are taken."""


class _BoundedReader(io.RawIOBase):
    """The bytes of one answer as they come from the socket."""

    def __init__(self, raw: io.RawIOBase, sock: Any) -> None:
        self._raw, self._sock, self._timeout = raw, sock, sock.gettimeout()
        self._count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        allowance = _IN_FORCE.get(_UNBOUNDED)
        # Before every read: the socket's timeout is for one read, the allowance for all of them.
        self._sock.settimeout(allowance.wait_s(self._timeout))
        count: int | None = self._raw.readinto(buffer)
        self._count += count or 0
        if self._count > allowance.answer_bytes:
            allowance.overrun = True
            raise AnswerTooLong(f"more than {allowance.answer_bytes:,.0f} bytes")
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _BoundedResponse(http.client.HTTPResponse):
    def __init__(self, sock: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        # The bound goes below the buffer, next to the socket: so headers are counted like everything else.
        self.fp: io.BufferedReader = io.BufferedReader(_BoundedReader(self.fp.detach(), sock))


class _Bounded:
    """Mixed into botocore's connections."""

    response_class = _BoundedResponse
    sock: Any
    timeout: float | None
    port: int
    proxy: object
    _dns_host: str

    def connect(self) -> None:
        self.timeout = _IN_FORCE.get(_UNBOUNDED).wait_s(self.timeout)
        super().connect()  # type: ignore[misc]

    def _new_conn(self) -> socket.socket:
        servers = _IN_FORCE.get(_UNBOUNDED).servers
        # A proxy of the process's environment looks names up itself; its own rules say where it leads.
        if servers is None or self.proxy:
            return self._connected()
        name, failed = self._dns_host, None
        for address in servers.addresses(name, self.port):
            # urllib3 connects to this attribute. TLS and the Host header go by the name, as before.
            self._dns_host = address
            try:
                return self._connected()
            except (NewConnectionError, ConnectTimeoutError) as error:
                failed = error
            finally:
                self._dns_host = name
        raise failed or OSError(f"{name} has no address")

    def _connected(self) -> socket.socket:
        connected: socket.socket = super()._new_conn()  # type: ignore[misc]
        return connected

    def request(self, method: str, url: str, body: Any = None, headers: Any = None, *args: Any, **kwargs: Any) -> None:
        # What botocore reads itself while it waits for "100 Continue" has no bounds; S3 servers do without asking.
        kept = {name: value for name, value in (headers or {}).items() if name.lower() != "expect"}
        super().request(method, url, body, kept, *args, **kwargs)  # type: ignore[misc]

    def send(self, data: Any) -> None:
        if self.sock is not None:
            # Of the socket's methods only sendall counts the time for all of its data.
            self.sock.settimeout(_IN_FORCE.get(_UNBOUNDED).wait_s(self.timeout))
        super().send(data)  # type: ignore[misc]


class _HTTP(_Bounded, AWSHTTPConnection):  # type: ignore[misc]
    pass


class _HTTPS(_Bounded, AWSHTTPSConnection):  # type: ignore[misc]
    pass


class _HTTPPool(AWSHTTPConnectionPool):
    ConnectionCls = _HTTP


class _HTTPSPool(AWSHTTPSConnectionPool):
    ConnectionCls = _HTTPS


def bound(client: S3Client) -> None:
    """Give a client connections that keep to the allowance in force.

    botocore has no option for the class of its connections; a test holds that these two private names exist.
    """
    session = client._endpoint.http_session  # type: ignore[attr-defined]
    session._pool_classes_by_scheme.update(http=_HTTPPool, https=_HTTPSPool)
    # With the URL as it is sent: also of a region or a bucket that changes the name of the server.
    client.meta.events.register("before-send", _check_server)


def _check_server(request: AWSPreparedRequest, **_: object) -> None:
    if servers := _IN_FORCE.get(_UNBOUNDED).servers:
        servers.require(request.url)
