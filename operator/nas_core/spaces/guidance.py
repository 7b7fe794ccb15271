"""The part of a space that guidance leaves: forbidden and required values, narrower ranges, injected architectures.

An entry names a decision or, by a pattern, several; of a pattern those count that know the values. All entries about
a decision hold together. Guidance that cannot be kept is refused with the conflict and its remedy: a value or decision
that the space does not have, a decision without any value left, an injected architecture that is forbidden.

In the flow: `nas_plan` refuses impossible guidance before anything is asked, `nas_search.guided` gives strategies the
narrower space.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase

import numpy as np

from nas_core.api.guidance import DecisionGuidance, Guidance
from nas_core.spaces.among import among
from nas_core.spaces.as_written import as_written, read_number
from nas_core.spaces.base import Architecture, ArchitectureError, SearchSpace
from nas_core.spaces.decisions import REAL_DIGITS, Choice, Decision, Integer, Real, Subset
from nas_core.spaces.encoded import is_encoding, read_encoding
from nas_core.spaces.joint import PREFIX

LISTED = 1 << 16
"""Values of a decision up to which single ones can be forbidden: a subset of 16 members has so many."""
CONFIDENCE: Mapping[str, float] = {"low": 0.3, "medium": 0.6, "high": 0.9}
"""How likely a candidate that is drawn near preferred values has each of them."""
_FIELD = "spec.guidance.decisions"


class GuidanceError(ValueError):
    """Guidance cannot be kept; the message names field, conflict and remedy."""


@dataclass(frozen=True)
class Preference:
    """A value of a decision that is thought to be good."""

    decision: Decision
    value: str
    confidence: float
    """How likely a candidate that is drawn near it has it."""

    def nearness(self, value: str) -> float:
        """Return how near a value is, from 0 to 1."""
        mine, other = self.decision.features(self.value), self.decision.features(value)
        return 1 - sum(abs(a - b) for a, b in zip(mine, other, strict=True)) / len(mine)


@dataclass(frozen=True)
class Guided:
    """What guidance makes of a space."""

    space: SearchSpace
    """The space, narrowed."""
    injected: tuple[Architecture, ...] = ()
    preferred: Mapping[str, Preference] = field(default_factory=dict)
    """By decision."""


def guided(space: SearchSpace, guidance: Guidance) -> Guided:
    """Return the part of a space that guidance leaves.

    Raises:
        GuidanceError: if that cannot be.
    """
    rules: dict[str, list[DecisionGuidance]] = {}
    for rule in guidance.decisions:
        for decision in _about(space, rule):
            rules.setdefault(decision.name, []).append(rule)
    limits = {name: [rule for rule in about if rule.limits] for name, about in rules.items()}
    narrower = {one.name: _narrow(one, limits[one.name]) for one in space.decisions if limits.get(one.name)}
    part = space.narrowed(narrower)
    try:
        part.sample(np.random.default_rng(0))
    except ArchitectureError as refused:
        raise GuidanceError(f"{_FIELD}: nothing is left that the space's rule allows; loosen them: {refused}") from None
    injected = tuple(_injected(part, place, text) for place, text in enumerate(guidance.inject))
    preferred = (_preferred(one, narrower.get(one.name, one), rules.get(one.name, ())) for one in space.decisions)
    return Guided(part, injected, {one.decision.name: one for one in preferred if one})


def _about(space: SearchSpace, rule: DecisionGuidance) -> Iterator[Decision]:
    """Yield the decisions that an entry is about.

    Raises:
        GuidanceError: if there is none, or one that is named does not know a value.
    """
    found = [one for one in space.decisions if _matches(one, rule.name)]
    if not found:
        names = ", ".join(decision.name for decision in space.decisions[:32])
        more = ", …" if len(space.decisions) > 32 else ""
        raise GuidanceError(f"{_FIELD}: {rule.name!r} is no decision of {space.name}; there are {names}{more}")
    exact = not set("*?") & set(rule.name)
    faults = {one.name: _unknown(one, rule) for one in found}
    known = [one for one in found if faults[one.name] is None]
    if (exact and len(known) < len(found)) or not known:
        fault = next(filter(None, faults.values()))
        raise GuidanceError(f"{_FIELD}: {fault}" + ("" if exact else f" (nor has another of {rule.name!r})"))
    yield from known


def _matches(decision: Decision, pattern: str) -> bool:
    """Whether a pattern is about a decision; a hyperparameter has a prefix, which may be left out of its name."""
    return fnmatchcase(decision.name, pattern) or decision.name == PREFIX + pattern


def _unknown(decision: Decision, rule: DecisionGuidance) -> str | None:
    """Say what a decision does not know of an entry; None if it knows all."""
    expected = f"{decision.name} is {decision.expected}"
    if (rule.min is not None or rule.max is not None) and not _is_number(decision):
        return f"{decision.name} has no range: it is {decision.expected}; use forbid or require"
    if rule.forbid and isinstance(decision, Real):
        return f"forbid of {decision.name}, a real number: narrow it with min and max"
    if (rule.forbid or rule.require) and decision.count is not None and decision.count > LISTED:
        return f"{decision.name} has more than {LISTED} values; narrow it with min and max"
    if rule.prefer is not None and not decision.allows(as_written(decision, rule.prefer)):
        return f"{rule.prefer!r} is no value: {expected}"
    for value in (*(rule.forbid or ()), *(rule.require or ())):
        of = decision.members if isinstance(decision, Subset) else None
        if (value not in of) if of is not None else not decision.allows(as_written(decision, value)):
            return f"{value!r} is no {'member' if of else 'value'}: {expected}"
    return None


def _is_number(decision: Decision) -> bool:
    if isinstance(decision, Choice):
        return all(read_number(option) is not None for option in decision.options)
    return isinstance(decision, Integer | Real)


def _narrow(decision: Decision, rules: Sequence[DecisionGuidance]) -> Decision:
    """Return a decision with the values that all entries leave.

    Raises:
        GuidanceError: if there is none.
    """
    ranged = _within(decision, rules)
    listed = [rule for rule in rules if rule.forbid or rule.require]
    if ranged is not None and not listed:
        return ranged
    left = tuple(value for value in _values(ranged, listed) if _is_left(ranged, value, listed)) if ranged else ()
    if ranged is None or not left:
        said = "; ".join(map(str, rules))
        raise GuidanceError(
            f"{_FIELD}: no value is left of {decision.name} ({decision.expected}): {said}; loosen one of them"
        )
    return among(ranged, left)


def _within(decision: Decision, rules: Sequence[DecisionGuidance]) -> Decision | None:
    """Return a decision within the ranges of all entries; None if nothing is."""
    low = max((float(rule.min) for rule in rules if rule.min is not None), default=-np.inf)
    high = min((float(rule.max) for rule in rules if rule.max is not None), default=np.inf)
    if low == -np.inf and high == np.inf:
        return decision
    if isinstance(decision, Choice):
        options = tuple(option for option in decision.options if low <= float(option) <= high)
        return replace(decision, options=options) if options else None
    if isinstance(decision, Integer):
        steps = math.ceil((max(low, decision.low) - decision.low) / decision.step)
        least = decision.low + decision.step * steps
        greatest = math.floor(min(high, decision.high))
        return replace(decision, low=least, high=greatest) if least <= greatest else None
    assert isinstance(decision, Real), "only numbers have a range"
    low, high = max(low, decision.low), min(high, decision.high)
    if low > high:
        return None
    low, high = _written(decision, low, up=True), _written(decision, high, up=False)
    if low > high:
        return None
    return replace(decision, low=low, high=high) if low < high else among(decision, (decision.write(low),))


def _written(decision: Real, bound: float, *, up: bool) -> float:
    """Return the number nearest to a bound that a decision can write, within the bound."""
    number = float(decision.write(bound))
    if (number < bound) if up else (number > bound):
        digit = 10.0 ** (math.floor(math.log10(abs(bound))) - REAL_DIGITS + 1)
        number = float(decision.write(number + digit if up else number - digit))
    return number


def _values(decision: Decision, rules: Sequence[DecisionGuidance]) -> Iterator[str]:
    """Yield the values among which entries choose; of a real number those that are required."""
    if isinstance(decision, Real):
        asked = (as_written(decision, value) for rule in rules for value in rule.require or ())
        yield from dict.fromkeys(value for value in asked if decision.allows(value))
    else:
        yield from decision.values()


def _is_left(decision: Decision, value: str, rules: Sequence[DecisionGuidance]) -> bool:
    if isinstance(decision, Subset):
        inside = set(decision.read(value))
        return all(not inside & set(rule.forbid or ()) and inside >= set(rule.require or ()) for rule in rules)
    return all(
        value not in (rule.forbid or ())
        and (not rule.require or value in {as_written(decision, asked) for asked in rule.require})
        for rule in rules
    )


def _preferred(decision: Decision, left: Decision, rules: Sequence[DecisionGuidance]) -> Preference | None:
    """Return what entries prefer of a decision of which some values are left; None if nothing.

    Raises:
        GuidanceError: if it is not left, or two entries prefer different values.
    """
    asked = [rule for rule in rules if rule.prefer is not None]
    if not asked:
        return None
    values = list(dict.fromkeys(as_written(decision, rule.prefer or "") for rule in asked))
    if len(values) > 1:
        said = "; ".join(map(str, asked))
        raise GuidanceError(f"{_FIELD}: {decision.name} cannot have two preferred values: {said}; remove one of them")
    if not left.allows(values[0]):
        raise GuidanceError(
            f"{_FIELD}: {decision.name} is to prefer {values[0]}, which other entries do not leave; remove either"
        )
    return Preference(decision, values[0], max(CONFIDENCE[rule.confidence] for rule in asked))


def _injected(space: SearchSpace, place: int, text: str) -> Architecture:
    field = f"spec.guidance.inject[{place}]"
    encoded = is_encoding(text)
    try:
        values = read_encoding(space, text) if encoded else space.parse(text)
    except ValueError as unknown:
        where = "spec.candidates[] of a trial" if encoded else "status.best"
        raise GuidanceError(f"{field}: {unknown}; write it as in {where}") from None
    if outside := space.outside(values):
        name = outside[0]
        raise GuidanceError(f"{field}: {not_left(name, values[name])}")
    return values


def not_left(name: str, value: str) -> str:
    """Say that the value that a decision has in an architecture to try is forbidden."""
    return f"{name}={value} is not among what {_FIELD} leave; change either"
