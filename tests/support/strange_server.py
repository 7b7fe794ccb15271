"""An HTTP server on loopback that answers whatever a test says, byte by byte if it likes: no S3 server's friend."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

EVERY_S = 5.0
"""Seconds between two bytes of a server that trickles."""


class StrangeServer:
    """Gives each connection to ``answer`` (connection, request's head) in a thread of its own, again after each."""

    def __init__(self, answer: Callable[[StrangeServer, socket.socket, bytes], None]) -> None:
        self._answer = answer
        self.requests: list[str] = []
        """First lines of the requests."""
        self.over = threading.Event()
        self._changed = threading.Condition()

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.over.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def wait_for_requests(self, count: int, timeout_s: float = 30.0) -> bool:
        """Wait until so many requests have come; return whether they have."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self.requests) >= count, timeout_s)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            while head := _head(connection):
                with self._changed:
                    self.requests.append(head.split(b"\r\n", 1)[0].decode())
                    self._changed.notify_all()
                self._answer(self, connection, head)


def _head(connection: socket.socket) -> bytes:
    received = b""
    while b"\r\n\r\n" not in received:
        part = connection.recv(65536)
        if not part:
            return b""
        received += part
    head, _, body = received.partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
    while len(body) < length and (part := connection.recv(65536)):
        body += part
    return head


def trickle(server: StrangeServer, connection: socket.socket, head: bytes) -> None:
    """Answer with a header that grows by a byte every five seconds."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
    while not server.over.wait(EVERY_S):
        connection.sendall(b"x")
    reset = struct.pack("ii", 1, 0)  # SO_LINGER with no time: the answer is cut off, not ended
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
    connection.close()


def answering(body: bytes, status: str = "200 OK", headers: str = "Content-Length: {length}") -> Callable[..., None]:
    """Return what answers every request so; ``{length}`` in the headers is the body's."""

    def answer(server: StrangeServer, connection: socket.socket, head: bytes) -> None:
        lines = "".join(f"{line}\r\n" for line in headers.format(length=len(body)).split("\n") if line)
        connection.sendall(f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + body)
        if "{length}" not in headers:
            connection.shutdown(socket.SHUT_RDWR)

    return answer


def flood(server: StrangeServer, connection: socket.socket, head: bytes) -> None:
    """Answer without an end."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    chunk = b"10000\r\n" + b"<a/>" * 16384 + b"\r\n"
    while not server.over.is_set():
        connection.sendall(chunk)
