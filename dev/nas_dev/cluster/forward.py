"""The host's way into a cluster's network namespace: a TCP forwarder.

A socket belongs to the namespace it was made in. The listening sockets are made on the host's loopback; then the
process moves into the cluster's namespace, and every connection it makes from there on starts inside it.
"""

import argparse
import asyncio
import contextlib
import ctypes
import os
import socket
from functools import partial
from pathlib import Path

CLONE_NEWNET = 0x40000000
CHUNK = 256 * 1024


def enter_network(path: Path) -> None:
    """Move this process into a network namespace (``os.setns`` only exists from Python 3.12 on)."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        library = ctypes.CDLL(None, use_errno=True)
        if library.setns(descriptor, CLONE_NEWNET) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(path))
    finally:
        os.close(descriptor)


def parse_mapping(text: str) -> tuple[int, str, int]:
    """Return (host port, address inside, port inside) of ``PORT=ADDRESS:PORT``."""
    outside, _, inside = text.partition("=")
    address, _, port = inside.rpartition(":")
    if not address:
        raise ValueError(f"not PORT=ADDRESS:PORT: {text!r}")
    return int(outside), address, int(port)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy one direction until its end, and pass the end on, leaving the other direction open."""
    while data := await reader.read(CHUNK):
        writer.write(data)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()


async def _serve_one(address: str, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Join one accepted connection with a new one to the address inside."""
    with contextlib.suppress(OSError):
        inner_reader, inner_writer = await asyncio.open_connection(address, port, limit=CHUNK)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_copy(reader, inner_writer))
                group.create_task(_copy(inner_reader, writer))
        # Either side may break off at any time; the other then sees the end.
        except* OSError:
            pass
        finally:
            inner_writer.close()
    writer.close()


def listen(port: int) -> socket.socket:
    """Return a listening socket on the host's loopback."""
    listener = socket.socket()
    # A forwarder that is restarted finds connections of the former one in TIME_WAIT.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(1024)
    return listener


async def forward(listeners: list[tuple[socket.socket, str, int]]) -> None:
    """Serve all the listeners for ever."""
    for listener, address, port in listeners:
        await asyncio.start_server(partial(_serve_one, address, port), sock=listener, limit=CHUNK)
    await asyncio.Event().wait()


def main() -> None:
    """Run the forwarder as a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--netns", type=Path, required=True)
    parser.add_argument("mapping", nargs="+", type=parse_mapping, help="HOSTPORT=ADDRESS:PORT")
    options = parser.parse_args()
    listeners = [(listen(outside), address, port) for outside, address, port in options.mapping]
    # Before asyncio starts any thread: setns moves only the thread that calls it.
    enter_network(options.netns)
    asyncio.run(forward(listeners))


if __name__ == "__main__":
    main()
