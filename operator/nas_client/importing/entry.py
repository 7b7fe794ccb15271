"""What is kept of an earlier experiment for later searches: an entry of a knowledge base. Pure."""

from __future__ import annotations

import hashlib
import re

from nas_client.errors import InvalidInput
from nas_client.importing.experiment import EarlierExperiment
from nas_client.importing.fit import Fit
from nas_core.api.search import NASSearchSpec
from nas_core.records.knowledge import Entry, KnownCandidate, Optimised
from nas_core.spaces import SearchSpace
from nas_core.spaces.joint import PREFIX
from nas_plan.knowledge.entry import bounded_entry

NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_NOT_IN_NAMES = re.compile(r"[^a-z0-9]+")


def name_of(experiment: EarlierExperiment, wanted: str | None) -> str:
    """Return the name of an entry: what people want, or what of the experiment's name can stand in one.

    Raises:
        InvalidInput: if that is no name.
    """
    name = wanted or _NOT_IN_NAMES.sub("-", experiment.name.lower())[:63].strip("-")
    if not NAME.fullmatch(name):
        raise InvalidInput(
            f"{name!r} is no name of an entry: small letters, digits and '-', 63 at most; give --as NAME"
        )
    return name


def entry_of(experiment: EarlierExperiment, found: Fit, spec: NASSearchSpec, space: SearchSpace, name: str) -> Entry:
    """Return the entry of what can be used, which is at least one result.

    Args:
        experiment: what was read.
        found: what of it can be used.
        spec: of the search that it was looked at for.
        space: of that search.
        name: of the entry.

    Raises:
        InvalidInput: if there is no room for it.
    """
    identity = f"{experiment.tool} {name} {experiment.identity}"
    about = {
        "search": name,
        "uid": f"{experiment.tool}-{hashlib.sha256(identity.encode()).hexdigest()[:16]}",
        "created": experiment.created,
        "ended": experiment.ended,
        "origin": experiment.tool,
        "task": spec.task.type,
        "evaluation": "train",
        "objectives": [Optimised.of(one) for one in spec.objectives],
        "decisions": sorted({decision.name.removeprefix(PREFIX) for decision in space.decisions}),
    }
    entry = bounded_entry(about, [_as_in_spec(space, one) for one in found.results], spec.objectives)
    if entry is None:
        raise InvalidInput("names and values are too long for what is kept; give fewer metrics, or shorter names")
    return entry


def _as_in_spec(space: SearchSpace, result: KnownCandidate) -> KnownCandidate:
    """Return a result with the names of decisions that the spec has: hyperparameters without a prefix."""
    architecture, hyperparameters = space.split(result.values)
    return result.model_copy(update={"values": {**hyperparameters, **architecture}})
