"""What is kept of an earlier experiment for later searches: an entry of a knowledge base. Pure.

Who imports the same experiment again under the same name replaces the entry, since the key is made of both.
"""

from __future__ import annotations

import hashlib
import re

import numpy as np

from nas_client.errors import InvalidInput
from nas_client.importing.experiment import EarlierExperiment
from nas_client.importing.fit import Fit
from nas_core.api.search import NASSearchSpec
from nas_core.objectives import costs_of
from nas_core.records.knowledge import MOST_RESULTS, Entry, EntryInvalid, KnownCandidate, Optimised, write_entry
from nas_core.spaces import SearchSpace
from nas_core.spaces.joint import PREFIX
from nas_search.predictors.results_used import subset

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
    """Return the entry of what can be used, which is at least one result: half of too many results are the best.

    Args:
        experiment: what was read.
        found: what of it can be used.
        spec: of the search that it was looked at for.
        space: of that search.
        name: of the entry.
    """
    costs = np.array([-costs_of(one.metrics, spec.objectives)[0] for one in found.results])
    identity = f"{experiment.tool} {name} {experiment.identity}"
    most = MOST_RESULTS
    while True:
        chosen = [found.results[place] for place in subset(costs, most).tolist()]
        entry = Entry(
            search=name,
            uid=f"{experiment.tool}-{hashlib.sha256(identity.encode()).hexdigest()[:16]}",
            created=experiment.created,
            ended=experiment.ended,
            origin=experiment.tool,
            task=spec.task.type,
            evaluation="train",
            objectives=[Optimised.of(one) for one in spec.objectives],
            decisions=sorted({decision.name.removeprefix(PREFIX) for decision in space.decisions}),
            results=[_as_in_spec(space, one) for one in chosen],
        )
        try:
            write_entry(entry)
        except EntryInvalid:
            if most == 1:
                raise
            most //= 2
        else:
            return entry


def _as_in_spec(space: SearchSpace, result: KnownCandidate) -> KnownCandidate:
    """Return a result with the names of decisions that the spec has: hyperparameters without a prefix."""
    architecture, hyperparameters = space.split(result.values)
    return result.model_copy(update={"values": {**hyperparameters, **architecture}})
