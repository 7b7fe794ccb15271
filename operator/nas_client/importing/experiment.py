"""An earlier experiment, whatever tool made it: its parameters, what it measured, and its trials. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, TypeVar

from nas_client.errors import InvalidInput
from nas_core.api.trial import VALUE_LENGTH

Goal = Literal["maximize", "minimize"]
T = TypeVar("T")

MOST_TRIALS = 100_000
"""Trials of an experiment that are read."""
MOST_NAMES, NAME_LENGTH = 544, 256
"""Parameters or metrics of a trial, and characters of a name, as an entry of a knowledge base takes them."""
NUMBER_LENGTH = 64
"""Characters of a number that is written as text."""
LARGEST = 1e150
"""Above it a number is none: what learns from results squares them. MLflow's databases write infinity as 1.8e308."""
LISTED = 8
"""Values of a parameter that are shown to people."""


@dataclass(frozen=True)
class EarlierTrial:
    """One trial of an experiment, or one run."""

    index: int
    """Its number in the experiment, from 0."""
    state: str
    """As its tool calls it."""
    complete: bool
    """Whether it has gone through to its end: what was cut short or has failed has no result to learn from."""
    values: Mapping[str, str]
    """By parameter, as text."""
    metrics: Mapping[str, float]
    """Finite ones."""


@dataclass(frozen=True)
class EarlierExperiment:
    """What a tool has kept of an experiment."""

    tool: str
    name: str
    identity: str
    """What tells it from all others of the tool."""
    created: datetime
    ended: datetime
    parameters: Mapping[str, str]
    """What each may be, in words; "" where the tool does not know."""
    goals: Mapping[str, Goal | None]
    """By metric; None: it was measured, and nobody has said what is better."""
    trials: tuple[EarlierTrial, ...]
    notes: tuple[str, ...] = field(default=())
    """What is not in it, and why, for people."""


def number(raw: object) -> float | None:
    """Return a number that is given as number or text; None if it is none, not finite, or too large to learn from."""
    if isinstance(raw, bool) or not isinstance(raw, (int, float, str)):
        return None
    if isinstance(raw, str) and len(raw) > NUMBER_LENGTH:
        return None
    try:
        value = float(raw)
    except (ValueError, OverflowError):
        return None
    return value if abs(value) <= LARGEST else None


def text_of(raw: object) -> str | None:
    """Return a parameter's value as text; None if it is no single value, or longer than a decision's may be."""
    if raw is None or isinstance(raw, bool):
        return str(raw)
    if isinstance(raw, int) and abs(raw) >= 10**NUMBER_LENGTH:
        return None
    if isinstance(raw, (str, int, float)):
        text = str(raw)
        return text if len(text) <= VALUE_LENGTH else None
    return None


def values_of(pairs: Iterable[tuple[object, object]]) -> dict[str, str]:
    """Return the values of a trial by parameter, without those that are no single values."""
    return _by_name(pairs, text_of)


def metrics_of(pairs: Iterable[tuple[object, object]]) -> dict[str, float]:
    """Return the finite values of a trial by metric."""
    return _by_name(pairs, number)


def _by_name(pairs: Iterable[tuple[object, object]], read: Callable[[object], T | None]) -> dict[str, T]:
    """Return what can be read by its name: so many at most, and no longer names than an entry may have."""
    found: dict[str, T] = {}
    for name, raw in pairs:
        value = read(raw)
        if isinstance(name, str) and 0 < len(name) <= NAME_LENGTH and value is not None:
            found[name] = value
        if len(found) == MOST_NAMES:
            break
    return found


def described_range(low: object, high: object, log: bool = False) -> str:
    """Say that a parameter is a number of a range."""
    return f"{text_of(low)} to {text_of(high)}{', logarithmic' if log else ''}"


def described_choices(choices: object) -> str:
    """Say that a parameter is one of some values."""
    listed = [text_of(one) or "…" for one in choices[:LISTED]] if isinstance(choices, list) else []
    more = isinstance(choices, list) and len(choices) > LISTED
    return ", ".join(listed) + (", …" if more else "")


def moment(raw: object) -> datetime | None:
    """Return a time that is given as ISO 8601, or as milliseconds since 1970; without a zone it is taken as UTC."""
    try:
        if isinstance(raw, str):
            found = datetime.fromisoformat(raw[:NUMBER_LENGTH])
            return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
        if isinstance(raw, (int, float)) and not isinstance(raw, bool):
            return datetime.fromtimestamp(raw / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return None


def span(times: Iterable[datetime | None]) -> tuple[datetime, datetime]:
    """Return the first and the last of the times that are known; 1970 if none is."""
    known = [time for time in times if time is not None] or [datetime.fromtimestamp(0, UTC)]
    return min(known), max(known)


def read_json(text: str, where: str) -> object:
    """Return what a JSON text has.

    Raises:
        InvalidInput: if it is none, or is nested too deep.
    """
    try:
        return json.loads(text)
    except RecursionError:
        raise InvalidInput(f"{where} is nested too deep; give the file as the tool has written it") from None
    except ValueError as error:  # also a number with thousands of digits
        raise InvalidInput(f"{where} is no JSON: {str(error)[:200]}") from error


def the_one(found: Mapping[str, object], wanted: str | None, what: str, where: str) -> str:
    """Return the name of the experiment that is meant among those of a file.

    Raises:
        InvalidInput: if it is not there, or none is named and there are several.
    """
    names = ", ".join(repr(name[:NAME_LENGTH]) for name in list(found)[:20]) or "none"
    if wanted is not None:
        if wanted not in found:
            raise InvalidInput(f"{where} has no {what} {wanted!r}; it has: {names}")
        return wanted
    if len(found) != 1:
        raise InvalidInput(f"{where} has {len(found)} of this kind: {what}; name one with --experiment: {names}")
    return next(iter(found))


def refuse_too_many(count: int, where: str) -> None:
    """Refuse an experiment with more trials than are read.

    Raises:
        InvalidInput: if there are more.
    """
    if count > MOST_TRIALS:
        raise InvalidInput(f"{where} has more than {MOST_TRIALS:,} trials; give a file with fewer")
