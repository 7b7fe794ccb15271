"""An ordinary network with the weights that its mixed network has for it."""

from __future__ import annotations

from torch import Tensor, nn

from nas_core.api.space import SearchSpaceSpec
from nas_core.spaces import Architecture, get_space
from nas_core.spaces.edge_cells import EdgeCells
from nas_core.spaces.input_cells import InputCells
from nas_model.networks.build import build_network
from nas_model.signature import Signature
from nas_trial.supernet.gradient.cells import ONLY, cells_of
from nas_trial.supernet.gradient.mixed import Mixed, OnEdge
from nas_trial.supernet.gradient.mixed_network import MixedNetwork


def path_of(spec: SearchSpaceSpec, architecture: Architecture) -> dict[str, list[OnEdge]]:
    """Return what a mixed network computes, by cells and their edges, to be the network of an architecture.

    Raises:
        ValueError: if it cannot: in NASNet's cells what is joined depends on the architecture.
    """
    chosen = {cell: {edge: option for edge, _, option in terms} for cell, terms in _terms(spec, architecture).items()}
    return {
        cell.name: [
            OnEdge(cell.options.index(chosen[cell.name][edge])) if edge in chosen[cell.name] else OnEdge()
            for edge in cell.edges
        ]
        for cell in cells_of(get_space(spec))
    }


def extract(mixed: MixedNetwork, spec: SearchSpaceSpec, architecture: Architecture, signature: Signature) -> nn.Module:
    """Return the network of an architecture with copies of the mixed network's weights and running statistics.

    Raises:
        ValueError: if it has none for it: in NASNet's cells, and with partial channels.
    """
    terms = _terms(spec, architecture)
    modules = {name: module for name, module in mixed.network.named_modules() if isinstance(module, Mixed)}
    weights: dict[str, Tensor] = {
        name: value
        for name, value in mixed.network.state_dict().items()
        if not any(name.startswith(f"{place}.") for place in modules)
    }
    for place, module in modules.items():
        if module.partial > 1:
            raise ValueError("with partial channels the operations have other shapes than those of ordinary networks")
        edge = mixed.edge(module.cell, module.edge)
        for known, position, option in terms[module.cell]:
            if known == edge:
                # The ordinary network counts the operations of a node, the mixed one all edges to it.
                there = f"{place.rpartition('.')[0]}.{position}"
                weights |= {f"{there}.{name}": value for name, value in module[option].state_dict().items()}
    network = build_network(spec, architecture, signature)
    network.load_state_dict({name: weights[name] for name in network.state_dict()})
    return network


def _terms(spec: SearchSpaceSpec, architecture: Architecture) -> dict[str, list[tuple[str, str, str]]]:
    """Return for each cell the edges that are used, the name of each in the ordinary network, and its operation."""
    space = get_space(spec)
    if isinstance(space, EdgeCells):
        return {
            cell or ONLY: [(edge, edge, option) for edge, option in space.cell(architecture, cell).items()]
            for cell in space.cells
        }
    assert isinstance(space, InputCells)
    if space.loose_ends:
        raise ValueError(f"the mixed network of {space.name} joins all nodes, which its architectures do not")
    return {
        cell: [
            (f"{source}-{node}", str(side), option)
            for node, terms in zip(space.nodes, space.cell(architecture, cell).nodes, strict=True)
            for side, (option, source) in enumerate(terms)
        ]
        for cell in space.cells
    }
