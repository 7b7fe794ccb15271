"""TFRecord files and protobuf messages, read without TensorFlow: nothing in them is ever run.

A record is its length (8 bytes, little-endian), a checksum of the length (4 bytes), the content, a checksum of the
content (4 bytes). That of the length is compared, so that what is no TFRecord is noticed at its first bytes; whether
the content is whole, whoever decodes it finds out. References: TensorFlow, "TFRecord and tf.train.Example" (the
format); Protocol Buffers, "Encoding"; the checksum is CRC-32C (RFC 3720, B.4), rotated and shifted.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

MOST_BYTES = 1 << 24
"""A record may have; a length above it is none."""
POLYNOMIAL = 0x82F63B78
MASK = 0xA282EAD8


class RecordError(ValueError):
    """What is read is not of the format; the message says where."""


def records(file: BinaryIO) -> Iterator[bytes]:
    """Yield the contents of a TFRecord file.

    Raises:
        RecordError: if it is none, or ends within a record.
    """
    while start := file.read(12):
        place = file.tell() - len(start)
        if len(start) < 12:
            raise RecordError(f"it ends within the record at byte {place}")
        length, checksum = struct.unpack("<QI", start)
        # The length is compared before that many bytes are read.
        if checksum != masked_crc(start[:8]) or length > MOST_BYTES:
            raise RecordError(f"there is no TFRecord at byte {place}")
        content = file.read(length + 4)
        if len(content) < length + 4:
            raise RecordError(f"it ends within the record at byte {place}")
        yield content[:-4]  # without its checksum


def masked_crc(content: bytes) -> int:
    """Return the checksum of some bytes as TFRecord has it."""
    crc = 0xFFFFFFFF
    for byte in content:
        crc = _TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    crc ^= 0xFFFFFFFF
    # A checksum of data that hold a checksum would be weak; rotated and shifted it is not.
    return ((crc >> 15 | crc << 17) + MASK) & 0xFFFFFFFF


def _table() -> list[int]:
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (POLYNOMIAL if byte & 1 else 0)
        table.append(byte)
    return table


_TABLE = _table()


def fields(message: bytes) -> Iterator[tuple[int, int | float | bytes]]:
    """Yield number and value of each field of a protobuf message: varints as they are, 64 bits as a double, bytes.

    Raises:
        RecordError: if it is no message, or has a field of another kind.
    """
    place = 0
    while place < len(message):
        tag, place = _varint(message, place)
        # 0: a varint, 1: 64 bits, 2: a length and as many bytes.
        kind = tag & 7
        if kind == 0:
            value, place = _varint(message, place)
            yield tag >> 3, value
            continue
        size, place = _varint(message, place) if kind == 2 else (8, place)
        content, place = message[place : place + size], place + size
        if kind not in (1, 2) or place > len(message):
            raise RecordError(f"no protobuf message of doubles, whole numbers and bytes: {message[:40]!r}")
        yield tag >> 3, struct.unpack("<d", content)[0] if kind == 1 else content


def _varint(message: bytes, place: int) -> tuple[int, int]:
    value = 0
    # Seven bits a byte, the lowest first; the eighth says that more follow.
    for shift in range(0, 64, 7):
        if place >= len(message):
            break
        byte = message[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
    raise RecordError(f"no protobuf message: {message[:40]!r}")
