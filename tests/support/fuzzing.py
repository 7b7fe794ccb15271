"""Wrong manifests and wrong files by the thousand: valid ones, changed at random by a seed.

Of manifests the schema says what could be put where, so that many are accepted and get as far as the plan.
"""

from __future__ import annotations

import copy
import json
import math
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

ODD: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 2, 3, 7, 64, 1000, 2**31, 2**53 + 1, 2**63 - 1, 2**63, 10**30, 0.5, -0.0, 1e308),
    *("", " ", "0", "1", "-1", "0.5", "1.0", "1e-3", "1e400", "1e-400", "-0", "nan", "inf", "0x10", "1_000", "٣"),
    *("a", "A", "a" * 64, "a" * 300, "a" * 5000, "9" * 400, "ä", "\u202e", "a\nb", "a b", ".", "..", "../a", "/", "-"),
    *(
        "s3://a/b.npz",
        "s3://a/b.csv",
        "https://a.example/b.zip",
        "s3://",
        "2d",
        "1h30m",
        "0s",
        "999999h",
        "1Gi",
        "1e3Gi",
    ),
    *([], [None], [[]], ["a", "a"], [1, "1"], {}, {"a": "b"}, {"": ""}),
)
"""Values that something may not have expected."""
DEEP = 3000
"""Lists or objects within one another: more than Python's parsers follow, within a termination message."""


@dataclass(frozen=True)
class Slot:
    """One value within a manifest: where it is, what may be there, and what may be beside it."""

    inside: Any
    key: Any
    schema: Json

    @property
    def value(self) -> Any:
        return self.inside[self.key]

    def put(self, value: Any) -> None:
        self.inside[self.key] = value


def slots(value: Any, schema: Json) -> Iterator[Slot]:
    """Yield all values within a value, outer ones first."""
    if isinstance(value, dict):
        fields, others = schema.get("properties", {}), schema.get("additionalProperties")
        for name in list(value):
            of = fields.get(name, others if isinstance(others, dict) else {})
            yield Slot(value, name, of)
            yield from slots(value[name], of)
    elif isinstance(value, list):
        for place in range(len(value)):
            yield Slot(value, place, schema.get("items", {}))
            yield from slots(value[place], schema.get("items", {}))


class Mutator:
    """Changes manifests and files; the seed decides how."""

    def __init__(self, seed: int, texts: Sequence[str] = ()) -> None:
        """``texts`` are strings that are valid somewhere, to be put elsewhere."""
        self.rng = random.Random(seed)
        self._texts = [*texts, *(odd for odd in ODD if isinstance(odd, str))]

    # ---- manifests

    def manifest(self, valid: Json, schema: Json) -> Json:
        """Return a changed copy of a valid manifest of this schema."""
        changed = copy.deepcopy(valid)
        for _ in range(self.rng.choice((1, 1, 2, 3, 6))):
            self._change(changed, schema)
        return changed

    def _change(self, manifest: Json, schema: Json) -> None:
        found = [slot for slot in slots(manifest, schema) if slot.key not in ("apiVersion", "kind", "metadata")]
        if not found:
            # An earlier change has taken the whole spec away.
            return
        slot = self.rng.choice(found)
        match self.rng.randrange(8):
            case 0:
                slot.put(self._odd())
            case 1:
                if isinstance(slot.inside, dict):
                    del slot.inside[slot.key]
                else:
                    slot.inside.insert(slot.key, copy.deepcopy(slot.value))
            case 2:
                slot.put(self._near(slot.value))
            case 3:
                slot.put(self.fitting(slot.schema))
            case _:
                self._add(found)

    def _add(self, found: Sequence[Slot]) -> None:
        """Add a field, of those that the schema knows, to some object."""
        objects = [slot for slot in found if isinstance(slot.value, dict) and slot.schema.get("properties")]
        if objects:
            slot = self.rng.choice(objects)
            name = self.rng.choice(list(slot.schema["properties"]))
            slot.value[name] = self.fitting(slot.schema["properties"][name])

    def _near(self, value: Any) -> Any:
        """Return a value that is nearly the same."""
        if isinstance(value, bool):
            return not value
        if isinstance(value, (int, float)):
            return self.rng.choice((value + 1, value - 1, -value, value * 1000, str(value)))
        if isinstance(value, str) and value:
            place = self.rng.randrange(len(value))
            other = self.rng.choice("aZ0-_./: é\0")
            return self.rng.choice((value[:place], value + value, value[:place] + other + value[place + 1 :]))
        return self._odd()

    def _odd(self, *others: Any) -> Any:
        # A copy: what is changed again inside must not come back with the next seed, nor contain itself.
        return copy.deepcopy(self.rng.choice((*ODD, *others)))

    def fitting(self, schema: Json, depth: int = 0) -> Any:
        """Return a value that fits a schema, mostly: patterns and rules are not looked at."""
        if words := schema.get("enum"):
            return self.rng.choice(words)
        if "x-kubernetes-int-or-string" in schema:
            return self.rng.choice((0, 1, 2, 100, "1", "0.5", "1Gi", "500m"))
        match schema.get("type"):
            case "object":
                return self._fitting_object(schema, depth)
            case "array":
                most = min(schema.get("maxItems", 3), 3)
                count = self.rng.randint(min(schema.get("minItems", 0), most), most)
                return [self.fitting(schema["items"], depth + 1) for _ in range(count)]
            case "integer" | "number":
                least, most = schema.get("minimum", 0), schema.get("maximum", 2**31)
                return self.rng.choice(
                    (least, most, least + 1, self.rng.randint(int(least), min(int(most), 100 + int(least))))
                )
            case "boolean":
                return self.rng.random() < 0.5
        return self.rng.choice(self._texts)

    def _fitting_object(self, schema: Json, depth: int) -> Json:
        if isinstance(others := schema.get("additionalProperties"), dict):
            return {self.rng.choice(self._texts): self.fitting(others, depth + 1) for _ in range(self.rng.randrange(3))}
        fields, needed = schema.get("properties", {}), schema.get("required", ())
        wanted = [name for name in fields if name in needed or self.rng.random() < 0.6 / (depth + 1)]
        return {name: self.fitting(fields[name], depth + 1) for name in wanted}

    # ---- files

    def content(self, valid: bytes) -> bytes:
        """Return changed content of a file; of JSON, half the time JSON with other values."""
        values = _json(valid)
        if values is not None and self.rng.random() < 0.5:
            return json.dumps(self._other_values(values)).encode()
        found = bytearray(valid)
        for _ in range(self.rng.choice((1, 1, 2, 4, 16))):
            self._change_bytes(found)
        return bytes(found)

    def _other_values(self, values: Any) -> Any:
        whole = {"": values}
        for _ in range(self.rng.choice((1, 1, 2, 4))):
            slot = self.rng.choice(list(slots(whole, {})))
            if isinstance(slot.inside, dict) and len(slot.inside) > 1 and self.rng.random() < 0.2:
                del slot.inside[slot.key]
            else:
                slot.put(self._odd(math.nan, math.inf, 10**400, self._near(slot.value)))
        return whole.get("")

    def _change_bytes(self, content: bytearray) -> None:
        start = self.rng.randrange(len(content) + 1)
        end = min(len(content), start + self.rng.choice((1, 1, 2, 8, 64)))
        change: Callable[[], object] = self.rng.choice(
            (
                lambda: content.__setitem__(slice(start, end), self.rng.randbytes(end - start)),
                lambda: content.__setitem__(slice(start, end), b""),
                lambda: content.__setitem__(slice(start, start), content[start:end] * self.rng.choice((1, 2, 100))),
                lambda: content.__setitem__(slice(start, None), b""),
                lambda: content.__setitem__(slice(start, end), str(self.rng.choice(ODD)).encode(errors="replace")),
                lambda: content.__setitem__(slice(start, start), self.rng.choice((b"[", b'{"a":')) * DEEP),
            )
        )
        change()


def _json(content: bytes) -> Any:
    """Return what JSON says, None if it is none."""
    try:
        return json.loads(content)
    except ValueError:
        return None
