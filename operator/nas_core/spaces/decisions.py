"""The parts of search spaces: named decisions with their values. Some apply only when another has certain values.

All values are strings, as in ``NASTrial.spec.candidates[]``. `nas_core.spaces.base.SearchSpace` is a set of decisions;
their form in YAML is in `nas_core.api.space`.
"""

from __future__ import annotations

import itertools
import math
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

LISTED = 16
"""Values of a numeric decision up to which each is a neighbour of every other."""
REAL_DIGITS = 4
"""Significant digits of a real value: what is written is what is used."""
_REAL_STEPS = (-0.2, -0.05, 0.05, 0.2)
"""Steps to the neighbours of a real value, as shares of its range."""


@dataclass(frozen=True)
class When:
    """The decision applies only while another, declared before it, has one of these values."""

    decision: str
    values: frozenset[str]


def when(decision: str, *values: str | int) -> When:
    """Return the condition that ``decision`` has one of ``values``."""
    return When(decision, frozenset(map(str, values)))


@dataclass(frozen=True)
class Decision(ABC):
    """A decision. Draws are uniform, over the range or its logarithm."""

    name: str
    when: When | None = field(default=None, kw_only=True)

    def applies(self, values: Mapping[str, str]) -> bool:
        """Whether there is something to decide, given the values of the decisions before this one."""
        return self.when is None or values.get(self.when.decision) in self.when.values

    @property
    @abstractmethod
    def count(self) -> int | None:
        """Number of values; None for a real one, whose values nobody counts."""

    @property
    @abstractmethod
    def longest(self) -> int:
        """Characters that a value takes at most."""

    @property
    @abstractmethod
    def first(self) -> str:
        """The plainest value: what stands where nobody has chosen."""

    @abstractmethod
    def values(self) -> Iterator[str]:
        """Yield every value in a fixed order.

        Raises:
            TypeError: if the decision is real.
        """

    @abstractmethod
    def draw(self, rng: np.random.Generator) -> str:
        """Draw a value."""

    @abstractmethod
    def at(self, place: float) -> str:
        """Return the value at a place from 0 to 1 of the range; equal parts of it are as likely as in a draw."""

    @abstractmethod
    def near(self, value: str) -> Iterator[str]:
        """Yield the neighbours of a value, in a fixed order."""

    @abstractmethod
    def allows(self, value: str) -> bool:
        """Whether the value is one of the decision's, written as it writes it."""

    @property
    @abstractmethod
    def expected(self) -> str:
        """What a value has to be, for messages."""

    @property
    @abstractmethod
    def width(self) -> int:
        """Length of :meth:`features`."""

    @abstractmethod
    def features(self, value: str) -> list[float]:
        """Return the value as numbers between 0 and 1 for predictors."""

    def redraw(self, value: str, rng: np.random.Generator) -> str:
        """Draw another value than this one."""
        # It ends: `SearchSpace.mutate` asks only where there is another value.
        while (drawn := self.draw(rng)) == value:
            pass
        return drawn

    def nearest(self, value: str) -> str:
        """Return what stands for a value that a wider decision of this name allows, and this one does not."""
        # Spread over all values, and the same in every process; words have no distance.
        return self.at(zlib.crc32(f"{self.name}={value}".encode()) / 2**32)

    def prefixed(self, prefix: str) -> Self:
        """Return the decision, and the one it waits for, under names that begin with ``prefix``."""
        condition = self.when and When(prefix + self.when.decision, self.when.values)
        return replace(self, name=prefix + self.name, when=condition)


@dataclass(frozen=True)
class Choice(Decision):
    """One of some values, which have no order. Features are one-hot."""

    options: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.options or len(set(self.options)) < len(self.options):
            raise ValueError(f"decision {self.name!r}: give at least one option, each once, not {self.options}")

    @property
    def count(self) -> int:
        """Number of options."""
        return len(self.options)

    @property
    def longest(self) -> int:
        """Characters of the longest option."""
        return max(map(len, self.options))

    @property
    def first(self) -> str:
        """The first option."""
        return self.options[0]

    def values(self) -> Iterator[str]:
        """Yield the options."""
        yield from self.options

    def draw(self, rng: np.random.Generator) -> str:
        """Draw an option."""
        return self.options[rng.integers(len(self.options))]

    def redraw(self, value: str, rng: np.random.Generator) -> str:
        """Draw another option, in one draw."""
        others = [option for option in self.options if option != value]
        return others[rng.integers(len(others))]

    def at(self, place: float) -> str:
        """Return the option at a place, each having an equal part."""
        return self.options[_nth(place, self.count)]

    def near(self, value: str) -> Iterator[str]:
        """Yield the other options."""
        yield from (option for option in self.options if option != value)

    def allows(self, value: str) -> bool:
        """Whether it is an option."""
        return value in self.options

    @property
    def expected(self) -> str:
        """The options."""
        return "one of " + ", ".join(self.options)

    @property
    def width(self) -> int:
        """Number of options."""
        return len(self.options)

    def features(self, value: str) -> list[float]:
        """Return the one-hot vector."""
        return [float(option == value) for option in self.options]


@dataclass(frozen=True)
class Integer(Decision):
    """A whole number from ``low`` to ``high`` in steps. Its one feature is its place in the range."""

    low: int = 0
    high: int = 1
    step: int = field(default=1, kw_only=True)
    log: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        if self.low > self.high or self.step < 1 or (self.log and self.low < 1):
            raise ValueError(
                f"decision {self.name!r}: low must not exceed high, step and a logarithmic low be 1 or more"
            )

    @property
    def count(self) -> int:
        """Number of whole numbers."""
        return (self.high - self.low) // self.step + 1

    @property
    def longest(self) -> int:
        """Characters of the number at either end."""
        return max(len(str(self.low)), len(str(self.high)))

    @property
    def first(self) -> str:
        """The least number."""
        return str(self.low)

    def values(self) -> Iterator[str]:
        """Yield the numbers, the least first."""
        yield from map(str, range(self.low, self.high + 1, self.step))

    def draw(self, rng: np.random.Generator) -> str:
        """Draw a number."""
        if not self.log:
            return str(self.low + self.step * int(rng.integers(self.count)))
        return self.at(float(rng.uniform()))

    def at(self, place: float) -> str:
        """Return the number at a place of the range or of its logarithm."""
        if not self.log:
            return str(self._at(_nth(place, self.count)))
        # Up to high + 1, because numbers are rounded down: otherwise the greatest would never be drawn.
        low, high = math.log(self.low), math.log(self.high + 1)
        number = math.floor(math.exp(low + place * (high - low)))
        # Clamped: exp(log(x)) may miss an end of the range by a rounding error.
        return str(self._at(round((min(max(number, self.low), self.high) - self.low) / self.step)))

    def write(self, number: float) -> str:
        """Return the value nearest to a number."""
        return str(self._at(round((number - self.low) / self.step)))

    def nearest(self, value: str) -> str:
        """Return the nearest number."""
        return self.write(float(value))

    def near(self, value: str) -> Iterator[str]:
        """Yield the other numbers if they are few, else those one step and a tenth of the range away."""
        if self.count <= LISTED:
            yield from (other for other in self.values() if other != value)
            return
        place = (int(value) - self.low) // self.step
        # 1 would be the nearest neighbour once more.
        far = max(2, self.count // 10)
        near = {self._at(place + move) for move in (-far, -1, 1, far)} - {int(value)}
        yield from map(str, sorted(near))

    def _at(self, place: int) -> int:
        return self.low + self.step * min(max(place, 0), self.count - 1)

    def allows(self, value: str) -> bool:
        """Whether it is one of the numbers, without sign or leading zeros."""
        # `isdecimal` takes digits of other scripts as well, which differ when they are written back.
        if not value.removeprefix("-").isdecimal() or str(int(value)) != value:
            return False
        return self.low <= int(value) <= self.high and (int(value) - self.low) % self.step == 0

    @property
    def expected(self) -> str:
        """The range."""
        if self.count <= LISTED:
            return "one of " + ", ".join(self.values())
        steps = "" if self.step == 1 else f" in steps of {self.step}"
        return f"a whole number from {self.low} to {self.high}{steps}"

    @property
    def width(self) -> int:
        """One."""
        return 1

    def features(self, value: str) -> list[float]:
        """Return the place in the range (or in its logarithm)."""
        return [_place(float(value), self.low, self.high, self.log)]


@dataclass(frozen=True)
class Real(Decision):
    """A number from ``low`` to ``high``, written with four significant digits. One feature, as of Integer."""

    low: float = 0.0
    high: float = 1.0
    log: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        if not self.low < self.high or (self.log and self.low <= 0):
            raise ValueError(f"decision {self.name!r}: low must be less than high, a logarithmic low more than 0")
        for bound in (self.low, self.high):
            # Otherwise an end of the range would be no value of it.
            if float(_written(bound)) != bound:
                raise ValueError(f"decision {self.name!r}: write {bound!r} with at most {REAL_DIGITS} digits")

    @property
    def count(self) -> None:
        """None: nobody counts them."""
        return

    @property
    def longest(self) -> int:
        """Characters of four digits with zeros or an exponent before or after: 0.0001234, 1.234e-05, 1.234e-100."""
        exponents = [abs(math.log10(abs(bound))) for bound in (self.low, self.high) if bound]
        return len("1.234e-05") + (self.low < 0) + any(exponent > 99 for exponent in exponents)

    @property
    def first(self) -> str:
        """The middle of the range."""
        return self.at(0.5)

    def values(self) -> Iterator[str]:
        """Refuse: there are too many."""
        raise TypeError(f"the values of {self.name!r}, a real decision, cannot be listed")

    def draw(self, rng: np.random.Generator) -> str:
        """Draw a number."""
        return self.at(float(rng.uniform()))

    def nearest(self, value: str) -> str:
        """Return the nearest number."""
        return self.write(float(value))

    def near(self, value: str) -> Iterator[str]:
        """Yield the numbers a twentieth and a fifth of the range away."""
        place = _place(float(value), self.low, self.high, self.log)
        near = {self.at(min(max(place + move, 0.0), 1.0)) for move in _REAL_STEPS} - {value}
        # The order of a set of strings is another one in every process.
        yield from sorted(near, key=float)

    def at(self, place: float) -> str:
        """Return the number at a place of the range or of its logarithm."""
        if self.log:
            number = math.exp(math.log(self.low) + place * (math.log(self.high) - math.log(self.low)))
        else:
            number = self.low + place * (self.high - self.low)
        return self.write(number)

    def write(self, number: float) -> str:
        """Return a number as it stands in an architecture; one just outside of the range as its end."""
        return _written(min(max(number, self.low), self.high))

    def allows(self, value: str) -> bool:
        """Whether it is a number of the range."""
        try:
            number = float(value)
        except ValueError:
            return False
        return self.low <= number <= self.high and _written(number) == value

    @property
    def expected(self) -> str:
        """The range."""
        return f"a number from {self.low:g} to {self.high:g}"

    @property
    def width(self) -> int:
        """One."""
        return 1

    def features(self, value: str) -> list[float]:
        """Return the place in the range (or in its logarithm)."""
        return [_place(float(value), self.low, self.high, self.log)]


NOTHING = "-"
"""The empty subset."""


@dataclass(frozen=True)
class Subset(Decision):
    """A subset of members, without an order: ``a+c``. It has one feature for each member: 1 if it is in."""

    members: tuple[str, ...] = ()
    least: int = field(default=0, kw_only=True)
    most: int | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        if not 0 <= self.least <= self.greatest <= len(self.members) or len(set(self.members)) < len(self.members):
            raise ValueError(f"decision {self.name!r}: 0 <= least <= most <= {len(self.members)} must hold")

    @property
    def greatest(self) -> int:
        """Members at most."""
        return len(self.members) if self.most is None else self.most

    @property
    def count(self) -> int:
        """Number of subsets."""
        return sum(math.comb(len(self.members), size) for size in range(self.least, self.greatest + 1))

    @property
    def longest(self) -> int:
        """Characters of the longest members, as many as allowed."""
        lengths = sorted(map(len, self.members), reverse=True)[: self.greatest]
        return max(sum(lengths) + len(lengths) - 1, len(NOTHING))

    @property
    def first(self) -> str:
        """The first members, as few as allowed."""
        return self.write(self.members[: self.least])

    def values(self) -> Iterator[str]:
        """Yield the subsets, the smallest first."""
        for size in range(self.least, self.greatest + 1):
            for chosen in itertools.combinations(self.members, size):
                yield self.write(chosen)

    @cached_property
    def _sizes_up_to(self) -> NDArray[np.float64]:
        """The share of the subsets that have at most each size, from the least on, shape (sizes,)."""
        sizes = range(self.least, self.greatest + 1)
        # By the number of subsets of each size, so that all subsets are equally likely.
        weights = np.array([math.comb(len(self.members), size) for size in sizes], dtype=float)
        shares = (weights / weights.sum()).cumsum()
        return np.asarray(shares / shares[-1])

    def draw(self, rng: np.random.Generator) -> str:
        """Draw a subset, all alike."""
        # What `Generator.choice` does with given chances, without looking through them again at each draw.
        size = self.least + int(self._sizes_up_to.searchsorted(rng.random(), side="right"))
        return self.write(self.members[k] for k in rng.choice(len(self.members), size, replace=False))

    def at(self, place: float) -> str:
        """Return the subset at a place in the order of :meth:`values`, each having an equal part."""
        # First the size: the subsets of one size follow each other, as in `values`.
        left, size = _nth(place, self.count), self.least
        while left >= (alike := math.comb(len(self.members), size)):
            left, size = left - alike, size + 1
        chosen: list[str] = []
        for k, member in enumerate(self.members):
            # So many subsets have this member next.
            having = math.comb(len(self.members) - k - 1, size - len(chosen) - 1) if len(chosen) < size else 0
            if left < having:
                chosen.append(member)
            else:
                left -= having
        return self.write(chosen)

    def near(self, value: str) -> Iterator[str]:
        """Yield the subsets with one member more, one fewer, or one exchanged."""
        inside = self.read(value)
        outside = [member for member in self.members if member not in inside]
        if len(inside) < self.greatest:
            yield from (self.write((*inside, member)) for member in outside)
        for gone in inside:
            rest = [member for member in inside if member != gone]
            if len(rest) >= self.least:
                yield self.write(rest)
            yield from (self.write((*rest, member)) for member in outside)

    def read(self, value: str) -> tuple[str, ...]:
        """Return the members of a subset."""
        return () if value == NOTHING else tuple(value.split("+"))

    def write(self, members: Iterator[str] | tuple[str, ...] | list[str]) -> str:
        """Return the subset of some members as it is written."""
        chosen = set(members)
        return "+".join(member for member in self.members if member in chosen) or NOTHING

    def allows(self, value: str) -> bool:
        """Whether its members are known, in order, and as many as allowed."""
        chosen = self.read(value)
        return self.least <= len(chosen) <= self.greatest and self.write(chosen) == value

    @property
    def expected(self) -> str:
        """The members and how many."""
        return f"{self.least} to {self.greatest} of {', '.join(self.members)}, joined by '+' in this order"

    @property
    def width(self) -> int:
        """Number of members."""
        return len(self.members)

    def features(self, value: str) -> list[float]:
        """Return 1 for each member that is in."""
        chosen = self.read(value)
        return [float(member in chosen) for member in self.members]


def _nth(place: float, count: int) -> int:
    """Return which of ``count`` equal parts of the range from 0 to 1 a place lies in."""
    # The place 1 itself belongs to the last part.
    return min(int(place * count), count - 1)


def _written(number: float) -> str:
    return f"{number + 0.0:.{REAL_DIGITS}g}"  # + 0.0: there is no minus zero


def _place(number: float, low: float, high: float, log: bool) -> float:
    # A single value has no range to divide by.
    if low == high:
        return 0.0
    if log:
        number, low, high = math.log(number), math.log(low), math.log(high)
    return (number - low) / (high - low)
