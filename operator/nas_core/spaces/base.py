"""The interface of a search space: sampling, mutation, crossover, canonical form, text. Strategies use only this.

An architecture is a mapping from the names of decisions to their values, all strings: the form it has in
``NASTrial.spec.candidates[].architecture``. Decisions that do not apply are absent from it. Random generators are
numpy's, so that a seed fixes every draw.
"""

from __future__ import annotations

import copy
import functools
import hashlib
import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Self

import numpy as np

from nas_core.spaces.decisions import Decision
from nas_core.spaces.lengths import longest_text

Architecture = Mapping[str, str]
"""Decision name -> value."""

ID_LENGTH = 16
"""Hexadecimal digits of an architecture's id: 64 bits, which no search fills enough for two to be equal by chance."""
TRIES = 10_000
"""Draws after which a space gives up whose rule refuses (nearly) everything."""

_TOKEN = re.compile(r"([^\s()=,]+)(?:=([^\s()=,]+)|\(([^\s()]*)\))")


class ArchitectureError(ValueError):
    """An architecture is not of the space; the message names the decision, its value and what is allowed."""


class SearchSpace:
    """A set of decisions. Spaces with a rule, isomorphic encodings or a published text extend it."""

    name: str
    decisions: tuple[Decision, ...]
    """A decision that depends on another comes after it."""

    def __init__(self, name: str, decisions: Sequence[Decision]) -> None:
        self.name, self.decisions = name, tuple(decisions)
        self._by_name = {decision.name: decision for decision in decisions}
        self.open = self.decisions
        """The decisions with the values that may be chosen, in order: all, unless the space is narrowed."""
        self._narrower: Mapping[str, Decision] = {}
        """Those of them with fewer values than the space has."""
        if len(self._by_name) < len(decisions):
            twice = [d.name for d in decisions if sum(o.name == d.name for o in decisions) > 1]
            raise ValueError(f"space {name!r}: decision {twice[0]!r} is declared twice")
        seen: set[str] = set()
        for decision in decisions:
            if decision.when:
                self._check_condition(decision, seen)
            seen.add(decision.name)
        self._conditions = {decision.when.decision for decision in decisions if decision.when}
        """The decisions that others depend on."""

    def _check_condition(self, decision: Decision, earlier: set[str]) -> None:
        condition = decision.when
        assert condition is not None
        # So one pass in order decides everything, and no circle of conditions is possible.
        if condition.decision not in earlier:
            raise ValueError(
                f"decision {decision.name!r} depends on {condition.decision!r}, which is not declared before it"
            )
        parent = self._by_name[condition.decision]
        if wrong := sorted(value for value in condition.values if not parent.allows(value)):
            raise ValueError(f"decision {decision.name!r} waits for {parent.name}={wrong[0]}; it is {parent.expected}")

    def narrowed(self, narrower: Mapping[str, Decision]) -> Self:
        """Return the same space, of which only a part is drawn, enumerated or near: ``narrower`` decisions by name.

        Architectures outside of it stay known: they have a text, an id and features, and may be parents.
        """
        space = copy.copy(self)
        space._narrower = dict(narrower)
        space.open = tuple(narrower.get(decision.name, decision) for decision in self.decisions)
        for cached in ("size", "distinct"):
            space.__dict__.pop(cached, None)
        return space

    def outside(self, architecture: Architecture) -> list[str]:
        """Return the decisions of an architecture that are not in the part to which the space is narrowed."""
        there = ((name, of) for name, of in self._narrower.items() if name in architecture)
        return [name for name, of in there if not of.allows(architecture[name])]

    def nearest(self, architecture: Architecture) -> dict[str, str]:
        """Return an architecture with the nearest values of the part to which the space is narrowed."""
        return self._completed(architecture, lambda decision: decision.first)

    # What a space may have of its own.

    def fault(self, architecture: Architecture) -> str | None:
        """Say what is wrong with an architecture whose every decision is fine by itself; None if nothing is."""
        return None

    def canonical(self, architecture: Architecture) -> str:
        """Return the form that isomorphic architectures share."""
        # Sorted, because equal mappings may have their entries in different orders.
        return ";".join(f"{name}={architecture[name]}" for name in sorted(architecture))

    def text(self, architecture: Architecture) -> str:
        """Return the readable encoding: ``layers=2 layer.0(op=conv,kernel=3) …``, grouped by the names' last dot."""
        words = []
        for prefix, group in self._groups(architecture):
            inside = [f"{name}={value}" for name, value in group.items()]
            words.append(f"{prefix}({','.join(inside)})" if prefix else " ".join(inside))
        return " ".join(words)

    @property
    def longest_text(self) -> int:
        """Characters that :meth:`text` takes at most, of any architecture; it may be a little more than that."""
        return longest_text(self.decisions)

    def parse(self, text: str) -> dict[str, str]:
        """Read what :meth:`text` wrote.

        Raises:
            ArchitectureError: if it is not of that form.
        """
        architecture: dict[str, str] = {}
        for word in text.split(" "):
            match = _TOKEN.fullmatch(word)
            if not match:
                raise ArchitectureError(
                    f"{word!r} in {text[:100]!r} is not of the form name=value or group(name=value,…)"
                )
            prefix, value, inside = match.groups()
            if value is not None:
                architecture[prefix] = value
                continue
            for pair in inside.split(","):
                name, _, value = pair.partition("=")
                architecture[f"{prefix}.{name}"] = value
        self.validate(architecture)
        if self.text(architecture) != text:
            # An architecture has one text, so that texts can be compared.
            raise ArchitectureError(f"{text!r} is not in the order of the space; write {self.text(architecture)!r}")
        return {d.name: architecture[d.name] for d in self.active(architecture)}

    def split(self, values: Architecture) -> tuple[dict[str, str], dict[str, str]]:
        """Return the decisions that make the architecture and, if the space has any, the hyperparameters beside it."""
        return dict(values), {}

    def join(self, architecture: Architecture, hyperparameters: Mapping[str, str]) -> dict[str, str]:
        """Return the values that :meth:`split` took apart."""
        return dict(architecture)

    # What decisions give.

    def active(self, architecture: Architecture) -> Iterator[Decision]:
        """Return the decisions that apply, in order, judged by the values that are there."""
        return (decision for decision in self.decisions if decision.applies(architecture))

    def complete(self, choose: Callable[[Decision], str]) -> dict[str, str]:
        """Return a value for each decision that applies: what ``choose`` says, asked in order for these alone.

        In a narrowed space it is asked for the narrower decision; for a value outside of that stands the nearest one.
        """
        values: dict[str, str] = {}
        for decision in self.open:
            if decision.applies(values):
                value = choose(decision)
                outside = decision.name in self._narrower and not decision.allows(value)
                values[decision.name] = decision.nearest(value) if outside else value
        return values

    def _groups(self, architecture: Architecture) -> list[tuple[str, dict[str, str]]]:
        """Return neighbouring decisions whose names agree up to the last dot, in order; the prefix may be empty."""
        groups: list[tuple[str, dict[str, str]]] = []
        for decision in self.active(architecture):
            prefix, _, name = decision.name.rpartition(".")
            if not groups or groups[-1][0] != prefix:
                groups.append((prefix, {}))
            groups[-1][1][name] = architecture[decision.name]
        return groups

    @functools.cached_property
    def size(self) -> int | None:
        """Number of encodings, isomorphic ones counted apart; None with a real decision among them."""
        # Conditions make a forest of the decisions, below "" its roots: counts multiply among siblings, and add up over
        # the values of a decision, each with what follows from it.
        below: dict[str, list[Decision]] = defaultdict(list)
        by_name = {decision.name: decision for decision in self.open}
        for decision in by_name.values():
            below[decision.when.decision if decision.when else ""].append(decision)

        @functools.cache
        def count(name: str) -> int | None:
            decision = by_name[name]
            if not below[name]:
                return decision.count
            if decision.count is None:
                return None
            # Values from which the same decisions follow count alike, so that a range is not walked number by number.
            total, rest = 0, decision.count
            kinds: dict[tuple[str, ...], int] = defaultdict(int)
            for value in sorted({v for d in below[name] if d.when for v in d.when.values if decision.allows(v)}):
                kinds[tuple(d.name for d in below[name] if d.when and value in d.when.values)] += 1
                rest -= 1
            for names, times in kinds.items():
                inside = product(names)
                if inside is None:
                    return None
                total += times * inside
            # From the rest of the values nothing follows, so each counts once.
            return total + rest

        def product(names: Sequence[str]) -> int | None:
            counts = [count(name) for name in names]
            return None if None in counts else math.prod(c for c in counts if c is not None)

        return product([decision.name for decision in below[""]])

    def sample(self, rng: np.random.Generator) -> dict[str, str]:
        """Draw an encoding: uniformly, decision by decision, among those that the space's rule allows."""
        return self._until_allowed(lambda: self.complete(lambda decision: decision.draw(rng)))

    def mutate(self, architecture: Architecture, rng: np.random.Generator) -> dict[str, str]:
        """Return a copy with one decision changed, drawn uniformly; what it lets follow is drawn as well."""
        # What has a single value cannot change.
        changeable = [decision for decision in self.open if decision.applies(architecture) and decision.count != 1]
        given = self._inside(architecture)

        def change() -> dict[str, str]:
            changed = {}
            # In a narrowed space there may be nothing to change but what is outside of it.
            if changeable:
                decision = changeable[rng.integers(len(changeable))]
                changed[decision.name] = decision.redraw(architecture[decision.name], rng)
            return self._completed({**given, **changed}, lambda each: each.draw(rng))

        return self._until_allowed(change)

    def crossover(self, first: Architecture, second: Architecture, rng: np.random.Generator) -> dict[str, str]:
        """Return a child that takes each decision from one of two parents, drawn uniformly."""

        inside = self._inside(first), self._inside(second)

        def inherited(decision: Decision) -> str:
            # Where a decision applies to the child it applied to the parent that gave what it depends on, unless the
            # space is narrowed and both are outside of it.
            parents = [parent for parent in inside if decision.name in parent]
            pick = int(rng.integers(2)) if len(parents) == 2 else 0
            return parents[pick][decision.name] if parents else decision.draw(rng)

        return self._until_allowed(lambda: self.complete(inherited))

    def _inside(self, architecture: Architecture) -> Architecture:
        """Return an architecture without the values that the space is narrowed not to have."""
        if not self._narrower:
            return architecture
        return {
            name: value
            for name, value in architecture.items()
            if name not in self._narrower or self._narrower[name].allows(value)
        }

    def _completed(self, given: Architecture, otherwise: Callable[[Decision], str]) -> dict[str, str]:
        """Return what is given of the decisions that apply, and of the others what ``otherwise`` says."""
        return self.complete(lambda decision: given[decision.name] if decision.name in given else otherwise(decision))

    def _until_allowed(self, draw: Callable[[], dict[str, str]]) -> dict[str, str]:
        """Return the first draw that the space's rule allows: so all that it allows stay equally likely."""
        for _ in range(TRIES):
            drawn = draw()
            if self.fault(drawn) is None:
                return drawn
        raise ArchitectureError(f"space {self.name!r}: its rule refused {TRIES} draws: {self.fault(draw())}")

    def neighbours(self, architecture: Architecture) -> Iterator[dict[str, str]]:
        """Yield encodings that differ in one decision, in a fixed order; what that lets follow has its first value.

        Of a decision with few values every other one is a neighbour, of a number with many those near it.
        """
        centre = self.nearest(architecture)
        # In a narrowed space the architecture itself may be outside.
        if centre != architecture and self.fault(centre) is None:
            yield dict(centre)
        for decision in self.open:
            if decision.name not in centre:
                continue
            follows = decision.name in self._conditions
            for value in decision.near(centre[decision.name]):
                near = {**centre, decision.name: value}
                if follows:
                    near = self._completed(near, lambda each: each.first)
                if self.fault(near) is None:
                    yield near

    def enumerate(self) -> Iterator[dict[str, str]]:
        """Yield every encoding of the space, in a fixed order.

        Raises:
            TypeError: if a decision is real.
        """
        for architecture in self._enumerate({}, 0):
            if self.fault(architecture) is None:
                yield architecture

    def _enumerate(self, prefix: dict[str, str], place: int) -> Iterator[dict[str, str]]:
        if place == len(self.decisions):
            yield dict(prefix)
            return
        decision = self.open[place]
        if not decision.applies(prefix):
            yield from self._enumerate(prefix, place + 1)
            return
        # One mapping is filled and emptied again; only whole encodings are copied.
        for value in decision.values():
            prefix[decision.name] = value
            yield from self._enumerate(prefix, place + 1)
        del prefix[decision.name]

    def validate(self, architecture: Architecture) -> None:
        """Return if the architecture is of the space.

        Raises:
            ArchitectureError: if it is not.
        """
        applying = {}
        for decision in self.active(architecture):
            applying[decision.name] = decision
            if decision.name not in architecture:
                raise ArchitectureError(f"decision {decision.name!r} is missing; give {decision.expected}")
            if not decision.allows(value := architecture[decision.name]):
                raise ArchitectureError(f"decision {decision.name!r} is {value!r}; it has to be {decision.expected}")
        for name in sorted(set(architecture) - set(applying)):
            if name in self._by_name and (condition := self._by_name[name].when):
                values = " or ".join(sorted(condition.values))
                raise ArchitectureError(
                    f"decision {name!r} is only there while {condition.decision!r} is {values}; remove it"
                )
            raise ArchitectureError(f"{name!r} is no decision of {self.name}; there are {', '.join(self._by_name)}")
        if fault := self.fault(architecture):
            raise ArchitectureError(fault)

    def canonical_id(self, architecture: Architecture) -> str:
        """Return the stable content hash by which the architecture is known: 16 hexadecimal digits of SHA-256."""
        return self.id_of(self.canonical(architecture))

    def id_of(self, canonical: str) -> str:
        """Return the id of the architectures of a canonical form."""
        # With the name of the space: the same form may mean another network elsewhere.
        form = f"{self.name}:{canonical}"
        return hashlib.sha256(form.encode()).hexdigest()[:ID_LENGTH]

    @functools.cached_property
    def distinct(self) -> Mapping[str, Architecture]:
        """One encoding of every distinct architecture, by id, in the order of :meth:`enumerate`; for small spaces."""
        distinct: dict[str, Architecture] = {}
        for architecture in self.enumerate():
            # The first of several encodings stands for all of them.
            distinct.setdefault(self.canonical_id(architecture), architecture)
        return distinct
