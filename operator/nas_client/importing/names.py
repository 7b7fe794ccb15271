"""What the names of an earlier experiment are called in a search: its parameters and metrics. Pure.

Equal names mean the same. A hyperparameter is found with and without the prefix that it has among decisions, so that
`learningRate` and `hp.learningRate` are one. All else is said by people: ``--rename``, ``--metric``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from nas_client.errors import InvalidInput
from nas_core.spaces.joint import PREFIX


def pairs_of(given: Sequence[str], option: str) -> dict[str, str]:
    """Return what is given as ``this=that``, repeated.

    Raises:
        InvalidInput: if one is not of that form, or the same is given twice.
    """
    found: dict[str, str] = {}
    for one in given:
        left, equals, right = one.partition("=")
        if not equals or not left or not right:
            raise InvalidInput(f"{option} {one}: write it as {option} EARLIER=HERE")
        if left in found:
            raise InvalidInput(f"{option} {one}: {left!r} is given twice; give it once")
        found[left] = right
    return found


def sources(
    wanted: Collection[str], there: Collection[str], renamed: Mapping[str, str], option: str, what: str
) -> dict[str, str]:
    """Return by each name of a search that is found the name that it has in the experiment.

    Args:
        wanted: names of the search.
        there: names of the experiment.
        renamed: by name of the experiment the name of the search.
        option: where people say that, and ``what`` they name, for messages.

    Raises:
        InvalidInput: if one that people name is not there.
    """
    for earlier, here in renamed.items():
        if earlier not in there:
            raise InvalidInput(f"{option} {earlier}={here}: the experiment has no {what} {earlier!r}; {_listed(there)}")
        if here not in wanted:
            raise InvalidInput(f"{option} {earlier}={here}: the search has no {what} {here!r}; {_listed(wanted)}")
    found = {here: earlier for earlier, here in renamed.items()}
    for name in wanted:
        without = name.removeprefix(PREFIX)
        same = next((one for one in (name, without, PREFIX + name) if one in there and one not in renamed), None)
        if same is not None:
            found.setdefault(name, same)
    return found


def _listed(names: Collection[str]) -> str:
    return f"it has: {', '.join(sorted(names)[:20]) or 'none'}"
