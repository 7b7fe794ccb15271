"""Questions as a resolver asks them, and what the DNS answers."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from nas_dev.cluster import dns

POINTS = [
    {"hostname": "s-00000-a1-0", "addresses": ["10.244.0.7"]},
    {"hostname": "s-00000-a1-1", "addresses": ["10.244.0.8"]},
]


def packet(name: str, kind: int = dns.A_RECORD) -> bytes:
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack("!HHHHHH", 7, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!HH", kind, 1)


class Names(dns.Names):
    """With a headless Service nas-s and a Service web, in the namespace a."""

    def __init__(self) -> None:
        """Ask nobody."""

    def _list(self, path: str) -> list[Any]:
        if "endpointslices" in path:
            return [{"endpoints": POINTS}, {"endpoints": None}]
        asked = "/api/v1/namespaces/a/services?fieldSelector=metadata.name%3D"
        known = {f"{asked}nas-s": "None", f"{asked}web": "10.96.0.9"}
        return [{"spec": {"clusterIP": known[path]}}] if path in known else []


@pytest.mark.parametrize(
    ("name", "addresses"),
    [
        ("s-00000-a1-1.nas-s.a.svc.cluster.local", ["10.244.0.8"]),
        ("nas-s.a.svc.cluster.local", ["10.244.0.7", "10.244.0.8"]),
        ("web.a.svc.cluster.local", ["10.96.0.9"]),
        ("s-00000-a1-2.nas-s.a.svc.cluster.local", None),
        ("other.a.svc.cluster.local", None),
        ("web.b.svc.cluster.local", None),
        ("a.svc.cluster.local", None),
        ("svc.cluster.local", None),
        ("x.y.nas-s.a.svc.cluster.local", None),
        ("example.org", None),
    ],
)
def test_names(name: str, addresses: list[str] | None) -> None:
    assert Names().addresses(name.split(".")) == addresses


def test_an_answer_repeats_the_question() -> None:
    asked = packet("Web.a.svc.cluster.local")
    question = dns.parse(asked)
    assert question.labels == ["web", "a", "svc", "cluster", "local"]
    found = dns.answer(question, ["10.96.0.9"])
    number, flags, questions, answers = struct.unpack_from("!HHHH", found)
    assert (number, questions, answers, flags & 0xF) == (7, 1, 1, dns.NO_ERROR) and flags & 0x8000
    assert found[12:].startswith(asked[12:]) and found.endswith(bytes([10, 96, 0, 9]))


def test_no_such_name_and_no_such_record_are_told_apart() -> None:
    unknown = dns.answer(dns.parse(packet("x.y")), None)
    version_six = dns.answer(dns.parse(packet("web.a.svc.cluster.local", kind=28)), ["10.96.0.9"])
    assert [struct.unpack_from("!HHHH", each)[1] & 0xF for each in (unknown, version_six)] == [3, 0]
    assert struct.unpack_from("!HHHH", version_six)[3] == 0


@pytest.mark.parametrize("message", [b"", b"\0" * 11, packet("a.b")[:-3], b"\0\7\1\0\0\2" + b"\0" * 12, b"\xff" * 40])
def test_what_is_no_question_is_an_error(message: bytes) -> None:
    with pytest.raises(ValueError):
        dns.parse(message)
