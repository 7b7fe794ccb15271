"""The forwarder carries both directions, and the end of each on its own."""

import asyncio

import pytest

from nas_dev.cluster import forward


def test_mappings_are_read_and_nonsense_is_refused() -> None:
    assert forward.parse_mapping("20000=10.244.0.1:8333") == (20000, "10.244.0.1", 8333)
    with pytest.raises(ValueError, match="PORT=ADDRESS:PORT"):
        forward.parse_mapping("20000=8333")


async def test_carries_data_and_half_closes() -> None:
    async def shout(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write((await reader.read()).upper())  # answers only after the other side's end has arrived
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(shout, "127.0.0.1", 0)
    inner_port = server.sockets[0].getsockname()[1]
    listener = forward.listen(0)
    task = asyncio.create_task(forward.forward([(listener, "127.0.0.1", inner_port)]))
    await asyncio.sleep(0)
    reader, writer = await asyncio.open_connection(*listener.getsockname())
    writer.write(b"x" * 1_000_000)
    writer.write_eof()
    assert await reader.read() == b"X" * 1_000_000
    writer.close()
    task.cancel()
    server.close()
