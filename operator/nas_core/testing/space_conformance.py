"""What must hold of every search space. Subclass :class:`SpaceConformance` in a test module and set ``space``."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from typing import ClassVar, TypeVar

import numpy as np

from nas_core.spaces.base import ID_LENGTH, Architecture, ArchitectureError, SearchSpace

T = TypeVar("T")

DRAWS = 100
ENUMERABLE = 100_000
"""Encodings up to which a space is enumerated in full."""


class SpaceConformance:
    """The suite; every method named ``test_`` is one promise of `nas_core.spaces.base.SearchSpace`."""

    space: ClassVar[SearchSpace]

    def draws(self, seed: int = 0) -> list[dict[str, str]]:
        """Return some encodings."""
        rng = np.random.default_rng(seed)
        return [self.space.sample(rng) for _ in range(DRAWS)]

    def test_samples_are_architectures_of_the_space(self) -> None:
        """Decisions and values are strings that `validate` accepts, and not always the same."""
        for architecture in self.draws():
            self.space.validate(architecture)
            assert all(type(text) is str for item in architecture.items() for text in item)
        assert len({self.space.canonical_id(a) for a in self.draws()}) > 1

    def test_no_text_is_longer_than_the_space_says(self) -> None:
        """`longest_text` bounds every text, and `longest` of a decision every value."""
        longest = {decision.name: decision.longest for decision in self.space.decisions}
        for architecture in self.draws():
            assert len(self.space.text(architecture)) <= self.space.longest_text
            assert all(len(value) <= longest[name] for name, value in architecture.items())

    def test_a_seed_fixes_every_draw(self) -> None:
        """Equal generators give equal samples, mutants and children."""

        def play() -> list[dict[str, str]]:
            rng = np.random.default_rng(3)
            one, other = self.space.sample(rng), self.space.sample(rng)
            return [one, other, self.space.mutate(one, rng), self.space.crossover(one, other, rng)]

        assert play() == play()

    def test_a_mutant_differs_in_one_decision(self) -> None:
        """A mutant is of the space and differs from its unchanged parent in one decision and what depends on it."""
        rng = np.random.default_rng(1)
        for parent in self.draws():
            before = dict(parent)
            mutant = self.space.mutate(parent, rng)
            self.space.validate(mutant)
            assert parent == before
            assert _differences(parent, mutant) == 1

    def test_mutation_reaches_every_decision(self) -> None:
        """No decision is left out; of those with few values, no value that a neighbour has."""
        rng = np.random.default_rng(2)
        parent = self.space.sample(rng)
        few = {d.name for d in self.space.decisions if d.count is not None and d.count <= 8}
        left = {
            (name, value if name in few else None)
            for near in self.space.neighbours(parent)
            for name, value in near.items()
            if name in parent and value != parent[name]
        }
        for _ in range(100 * len(left)):
            mutant = self.space.mutate(parent, rng)
            left -= {
                (name, value if name in few else None) for name, value in mutant.items() if value != parent.get(name)
            }
        assert not left

    def test_a_child_takes_each_decision_from_a_parent(self) -> None:
        """Both parents contribute in the long run, and neither is changed."""
        rng, from_one, from_other = np.random.default_rng(4), False, False
        for one, other in itertools.pairwise(self.draws()):
            before = dict(one), dict(other)
            child = self.space.crossover(one, other, rng)
            self.space.validate(child)
            assert (one, other) == before
            assert all(value in (one.get(name), other.get(name)) for name, value in child.items())
            both = one.keys() & other.keys() & child.keys()
            from_one |= any(child[name] == one[name] != other[name] for name in both)
            from_other |= any(child[name] == other[name] != one[name] for name in both)
        assert from_one
        assert from_other

    def test_neighbours_differ_in_one_decision(self) -> None:
        """Each comes once, in a fixed order."""
        for architecture in self.draws()[:10]:
            near = list(self.space.neighbours(architecture))
            assert near
            assert near == list(self.space.neighbours(architecture))
            assert len({_key(a) for a in near}) == len(near)
            for other in near:
                self.space.validate(other)
                assert _differences(architecture, other) == 1

    def test_enumeration_is_complete(self) -> None:
        """A small space yields each of its ``size`` encodings once, in a fixed order."""
        if self.space.size is None or self.space.size > ENUMERABLE:
            return
        every = list(self.space.enumerate())
        assert len({_key(a) for a in every}) == len(every) == self.space.size
        assert every[:10] == list(itertools.islice(self.space.enumerate(), 10))
        for architecture in every:
            self.space.validate(architecture)

    def test_distinct_holds_every_id_once(self) -> None:
        """The distinct architectures of a small space are those that its encodings mean."""
        if self.space.size is None or self.space.size > ENUMERABLE:
            return
        assert set(self.space.distinct) == {self.space.canonical_id(a) for a in self.space.enumerate()}
        assert all(self.space.canonical_id(a) == identity for identity, a in self.space.distinct.items())

    def test_text_reads_back(self) -> None:
        """`parse` inverts `text`, which therefore tells encodings apart."""
        for architecture in self.draws():
            assert self.space.parse(self.space.text(architecture)) == architecture

    def test_text_fits_the_status(self) -> None:
        """The readable encoding is at most 1,024 characters long, what a search's status holds."""
        assert all(0 < len(self.space.text(a)) <= 1024 for a in self.draws())

    def test_ids_are_content_hashes(self) -> None:
        """16 hexadecimal digits that depend on the canonical form alone, not on the order of the decisions."""
        forms: dict[str, str] = {}
        for architecture in self.draws():
            identity = self.space.canonical_id(architecture)
            assert re.fullmatch(f"[0-9a-f]{{{ID_LENGTH}}}", identity)
            assert self.space.canonical_id(dict(reversed(architecture.items()))) == identity
            assert forms.setdefault(identity, self.space.canonical(architecture)) == self.space.canonical(architecture)
        assert len(set(forms.values())) == len(forms)

    def test_errors_name_decision_value_and_remedy(self) -> None:
        """A wrong value is named with its decision and with what is allowed."""
        architecture = self.draws()[0]
        for name, value in architecture.items():
            message = _refusal(self.space.validate, {**architecture, name: "no-such-value"})
            assert name in message
            assert "no-such-value" in message
            assert self._expected(name, value) in message

    def test_missing_and_unknown_decisions_are_refused(self) -> None:
        """The message names the decision and what is allowed: its values, or the decisions there are."""
        architecture = self.draws()[0]
        for name, value in architecture.items():
            message = _refusal(self.space.validate, {k: v for k, v in architecture.items() if k != name})
            assert name in message
            assert self._expected(name, value) in message
        message = _refusal(self.space.validate, {**architecture, "no-such-decision": "x"})
        assert all(name in message for name in ("no-such-decision", *architecture))

    def test_features_tell_architectures_apart(self) -> None:
        """They are a finite vector of one length, which differs whenever a decision does."""
        vectors = {tuple(features(self.space, architecture)) for architecture in self.draws()}
        assert {len(vector) for vector in vectors} == {sum(decision.width for decision in self.space.decisions)}
        assert all(np.isfinite(vector).all() for vector in vectors)
        assert len(vectors) == len({_key(architecture) for architecture in self.draws()})

    def _expected(self, name: str, value: str) -> str:
        """Return what a message about a decision has to name: its range, where its values are not listed."""
        expected = next(d.expected for d in self.space.decisions if d.name == name)
        assert value in expected or "from" in expected or "+" in expected
        return expected

    def test_text_of_another_form_is_refused(self) -> None:
        """Nothing is guessed: what `text` would not write is an error."""
        text = self.space.text(self.draws()[0])
        for wrong in ("", "no architecture", text + text, text[1:]):
            _refusal(self.space.parse, wrong)


def features(space: SearchSpace, architecture: Architecture) -> list[float]:
    """Return the features of all decisions in a row, zeros for those that do not apply."""
    row: list[float] = []
    for decision in space.decisions:
        value = architecture.get(decision.name)
        row += [0.0] * decision.width if value is None else decision.features(value)
    return row


def _key(architecture: Architecture) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(architecture.items()))


def _differences(one: Architecture, other: Architecture) -> int:
    """Count the decisions that both have, with different values."""
    return sum(one[name] != other[name] for name in one.keys() & other.keys())


def _refusal(check: Callable[[T], object], value: T) -> str:
    try:
        check(value)
    except ArchitectureError as error:
        return str(error)
    raise AssertionError(f"{value!r} was accepted")
