"""A small file in the form of NAS-Bench-101's TFRecord."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Sequence

from tests.support.protobuf import varint

from nas_benchmark.tfrecord import masked_crc


def framed(content: bytes) -> bytes:
    """Return a record: length and content, each with its checksum."""
    length = struct.pack("<Q", len(content))
    return length + struct.pack("<I", masked_crc(length)) + content + struct.pack("<I", masked_crc(content))


def trained(module_hash: str, epochs: float, parameters: int, evaluations: Sequence[Sequence[float]]) -> bytes:
    """Return the record of a training.

    ``evaluations`` are before, in the middle and at the end: epoch, seconds so far, accuracy in training, in validation
    and on the test split.
    """
    message = b""
    for values in evaluations:
        inner = b"".join(bytes([field << 3 | 1]) + struct.pack("<d", value) for field, value in enumerate(values, 1))
        inner += b"\x32\x04ckpt"
        message += b"\x0a" + bytes([len(inner)]) + inner
    message += b"\x10" + varint(parameters) + b"\x19" + struct.pack("<d", 1.0)
    fields = [module_hash, epochs, "0100", "input,output", base64.b64encode(message).decode()]
    return framed(json.dumps(fields).encode())
