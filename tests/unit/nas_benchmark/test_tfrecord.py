from __future__ import annotations

import io

import pytest
from tests.support.tfrecords import framed

from nas_benchmark.tfrecord import RecordError, fields, masked_crc, records


def test_the_checksum_is_crc_32c() -> None:
    """Of the digits 1 to 9, the check value of the catalogues; then rotated and shifted as TFRecord does."""
    crc = 0xE3069283
    assert masked_crc(b"123456789") == ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def test_records_are_read_one_after_the_other() -> None:
    assert list(records(io.BytesIO(framed(b"one") + framed(b"") + framed(b"three")))) == [b"one", b"", b"three"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"hash,epochs,accuracy\n", "there is no TFRecord at byte 0"),
        (framed(b"one") + b"x" * 12, "there is no TFRecord at byte 19"),
        (framed(b"one")[:-1], "it ends within the record at byte 0"),
        (framed(b"one") + framed(b"two")[:7], "it ends within the record at byte 19"),
    ],
)
def test_what_is_no_record_is_noticed(content: bytes, words: str) -> None:
    with pytest.raises(RecordError, match=words):
        list(records(io.BytesIO(content)))


def test_fields_of_a_message() -> None:
    message = b"\x10\xac\x02" + b"\x19\x00\x00\x00\x00\x00\x00\xf0\x3f" + b"\x0a\x02hi"
    assert list(fields(message)) == [(2, 300), (3, 1.0), (1, b"hi")]


@pytest.mark.parametrize(
    "message", [b"\x10", b"\x10" + b"\xff" * 11, b"\x0a\x05hi", b"\x19\x00", b"\x0d\x00\x00\x00\x00"]
)
def test_what_is_no_message_is_noticed(message: bytes) -> None:
    with pytest.raises(RecordError, match="no protobuf message"):
        list(fields(message))
