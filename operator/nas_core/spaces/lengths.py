"""How long architectures can be as text, and whether a trial's record and a search's status have room for it.

A space without room is `InvalidSpec` before anything is tried in it. Otherwise the API server would deny its longest
architectures in the middle of a search.
"""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Sequence

from nas_core.api.trial import HYPERPARAMETER_LENGTH, VALUE_LENGTH
from nas_core.api.types import TEXT_LENGTH
from nas_core.spaces.decisions import Decision


def longest_text(decisions: Sequence[Decision]) -> int:
    """Return what the plain text (`SearchSpace.text`) takes at most, a few characters more where decisions depend."""
    below: dict[str, list[Decision]] = defaultdict(list)
    for decision in decisions:
        below[decision.when.decision if decision.when else ""].append(decision)

    @functools.cache
    def longest(name: str) -> int:
        """Of a decision's word and those of all that can follow from one of its values."""
        decision = by_name[name]
        # Inside the brackets of its group only the last part of a name is written.
        word = len(name.rpartition(".")[2]) + len("=,")
        following: dict[str, int] = defaultdict(int)
        for child in below[name]:
            for value in child.when.values if child.when else ():
                following[value] += longest(child.name)
        # A value that lets nothing follow may still be the longest.
        return word + max([decision.longest, *(len(value) + more for value, more in following.items())])

    by_name = {decision.name: decision for decision in decisions}
    prefixes = [decision.name.rpartition(".")[0] for decision in decisions]
    # Neighbours of one group share its name and brackets, which are written once.
    begun = [prefix for prefix, before in zip(prefixes, [None, *prefixes], strict=False) if prefix and prefix != before]
    return sum(longest(decision.name) for decision in below[""]) + sum(len(prefix) + len("()") for prefix in begun)


def check_values(decisions: Sequence[Decision], hyperparameters: Sequence[Decision] = ()) -> None:
    """Return if every value has room in a trial's record.

    Raises:
        ValueError: if not; the message names the decision, the length and the remedy.
    """
    for these, limit in ((decisions, VALUE_LENGTH), (hyperparameters, HYPERPARAMETER_LENGTH)):
        for decision in these:
            if decision.longest > limit:
                raise ValueError(
                    f"decision {decision.name!r}: a value would take up to {decision.longest} characters of {limit}; "
                    "have fewer or shorter members, or lower max"
                )


def check_text(longest: int) -> None:
    """Return if the text of every architecture, hyperparameters included, has room in a search's status.

    Raises:
        ValueError: if not; the message names the length and the remedy.
    """
    if longest > TEXT_LENGTH:
        raise ValueError(
            f"an architecture with its hyperparameters would take up to {longest} characters of {TEXT_LENGTH}; have "
            "fewer decisions or less depth, or shorter names and values"
        )
