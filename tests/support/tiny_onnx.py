"""A network in ONNX with the inputs of YAHPO Gym's NAS-Bench-301 surrogate, small enough to be worked out by hand.

Written byte by byte in the protobuf of onnx.proto, so that no test needs the package that writes it.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from tests.support.protobuf import varint

FLOAT, INT32 = 1, 6
"""TensorProto.DataType."""


def surrogate(per_code: Sequence[float], per_epoch: Sequence[float], codes: int = 34) -> bytes:
    """Return a network whose outputs are ``per_code`` times the sum of all codes plus ``per_epoch`` times the epoch."""
    width = len(per_code)
    nodes = [
        _node("Cast", ["x_cat"], "codes", _text(1, "to") + _number(3, FLOAT) + _number(20, 2)),
        _node("MatMul", ["codes", "per_code"], "of_codes"),
        _node("MatMul", ["x_cont", "per_epoch"], "of_epoch"),
        _node("Add", ["of_codes", "of_epoch"], "predicted"),
    ]
    weights = [_tensor("per_code", (codes, width), [*per_code] * codes), _tensor("per_epoch", (1, width), per_epoch)]
    inputs = [_value("x_cat", INT32, codes), _value("x_cont", FLOAT, 1)]
    graph = b"".join(_bytes(1, node) for node in nodes) + _text(2, "tiny")
    graph += b"".join(_bytes(5, weight) for weight in weights)
    graph += b"".join(_bytes(11, each) for each in inputs) + _bytes(12, _value("predicted", FLOAT, width))
    return _number(1, 8) + _bytes(7, graph) + _bytes(8, _text(1, "") + _number(2, 13))


def _node(kind: str, inputs: Sequence[str], output: str, attribute: bytes = b"") -> bytes:
    fields = b"".join(_text(1, name) for name in inputs) + _text(2, output) + _text(4, kind)
    return fields + (_bytes(5, attribute) if attribute else b"")


def _tensor(name: str, shape: Sequence[int], values: Sequence[float]) -> bytes:
    dims = b"".join(_number(1, size) for size in shape)
    return dims + _number(2, FLOAT) + _text(8, name) + _bytes(9, struct.pack(f"<{len(values)}f", *values))


def _value(name: str, kind: int, width: int) -> bytes:
    shape = _bytes(1, _text(2, "rows")) + _bytes(1, _number(1, width))
    return _text(1, name) + _bytes(2, _bytes(1, _number(1, kind) + _bytes(2, shape)))


def _text(field: int, value: str) -> bytes:
    return _bytes(field, value.encode())


def _bytes(field: int, value: bytes) -> bytes:
    return varint(field << 3 | 2) + varint(len(value)) + value


def _number(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value)
