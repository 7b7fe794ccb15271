"""What files that are written byte by byte in protobuf's encoding share."""

from __future__ import annotations


def varint(value: int) -> bytes:
    """Return a number in groups of seven bits, the least first."""
    found = b""
    while value > 127:
        found += bytes([value & 127 | 128])
        value >>= 7
    return found + bytes([value])
