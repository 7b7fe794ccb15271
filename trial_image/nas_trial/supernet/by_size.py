"""The values of each decision from the smallest network to the largest, for methods that train both ends.

Numbers are sizes. Names, such as those of operations, have no order of their own: the one whose network has more
weights is the greater. Without that the "largest" cell of NAS-Bench-201 would be the one that only pools.
"""

from __future__ import annotations

from nas_core.api.space import SearchSpaceSpec
from nas_core.spaces import SearchSpace
from nas_core.spaces.decisions import Decision
from nas_core.spaces.edge_cells import NONE
from nas_model.networks.build import build_network
from nas_model.signature import Signature
from nas_trial.supernet.empty import without_weights
from nas_trial.supernet.layout import places
from nas_trial.supernet.paths import is_numeric, largest, values_of


def by_size(spec: SearchSpaceSpec, space: SearchSpace, signature: Signature) -> dict[str, list[str]]:
    """Return the values by decision, the greatest last."""
    return {decision.name: _sorted(decision, spec, space, signature) for decision in space.open}


def _sorted(decision: Decision, spec: SearchSpaceSpec, space: SearchSpace, signature: Signature) -> list[str]:
    values = values_of(decision)
    if is_numeric(decision):
        return values

    def weights(value: str) -> int:
        """Return those of a network that has this value; a rule of the space may refuse it, which is then no larger."""
        architecture = space.complete(lambda each: value if each.name == decision.name else values_of(each)[-1])
        if space.fault(architecture) is not None:
            architecture = largest(space)
        with without_weights():
            network = build_network(spec, architecture, signature, as_written=True)
        return sum(getattr(place.module, place.own).numel() for place in places(network))

    found = sorted((value for value in values if value != NONE), key=weights)
    # Not the first: a network of it alone computes nothing.
    return [*found[:1], NONE, *found[1:]] if NONE in values else found
