"""An architecture as graphs: a cell with its operations, or what follows on what in a network of stages or layers."""

from __future__ import annotations

from dataclasses import dataclass, field

from nas_core.spaces import Architecture, SearchSpace
from nas_core.spaces.edge_cells import NONE, EdgeCells
from nas_core.spaces.input_cells import INPUTS, InputCells
from nas_core.spaces.joint import JointSpace
from nas_core.spaces.nas_bench_101 import NasBench101
from nas_core.spaces.stages import Layer
from nas_core.spaces.stages_space import StagesSpace


@dataclass(frozen=True)
class Edge:
    """An edge between two nodes, by their places."""

    source: int
    target: int
    label: str = ""


@dataclass(frozen=True)
class Graph:
    """Nodes in an order in which every edge leads forward."""

    title: str
    nodes: tuple[str, ...]
    edges: tuple[Edge, ...] = field(default=())


def graphs_of(space: SearchSpace, architecture: Architecture) -> list[Graph]:
    """Return the graphs of an architecture: one for each cell, or one of the whole network."""
    match space:
        case JointSpace():
            return graphs_of(space.space, space.split(architecture)[0])
        case EdgeCells():
            return [_edge_cell(space, architecture, cell) for cell in space.cells]
        case InputCells():
            return [_input_cell(space, architecture, cell) for cell in space.cells]
        case NasBench101():
            found = space.cell(architecture)
            pairs = ((s, t) for s, row in enumerate(found.matrix) for t, there in enumerate(row) if there)
            return [Graph("cell", ("input", *found.ops, "output"), tuple(Edge(s, t) for s, t in pairs))]
        case StagesSpace():
            return [_stages(space, architecture)]
    return [_groups(architecture)]


def _edge_cell(space: EdgeCells, architecture: Architecture, cell: str) -> Graph:
    edges = []
    for name, op in space.cell(architecture, cell).items():
        source, target = map(int, name.split("-"))
        if op != NONE:
            edges.append(Edge(source, target, op))
    return Graph(cell or "cell", ("input", *map(str, range(1, space.nodes - 1)), "output"), tuple(edges))


def _input_cell(space: InputCells, architecture: Architecture, cell: str) -> Graph:
    found = space.cell(architecture, cell)
    last = INPUTS + len(found.nodes)
    edges = [Edge(s, node, op) for node, terms in enumerate(found.nodes, INPUTS) for op, s in terms]
    joined = [Edge(state, last) for state in found.outputs]
    return Graph(cell, ("cell k-2", "cell k-1", *map(str, range(INPUTS, last)), "joined"), (*edges, *joined))


def _stages(space: StagesSpace, architecture: Architecture) -> Graph:
    blueprint = space.blueprint(architecture)
    named = [f"stem\n{blueprint.stem} channels"]
    for number, layers in enumerate(blueprint.stages, 1):
        first = layers[0]
        halved = ", halves the map" if first.stride > 1 else ""
        named.append(f"stage {number}\n{first.width} channels{halved}\n{_layers(layers)}")
    return _chain("network", [*named, f"head\n{blueprint.head} channels"])


def _layers(layers: tuple[Layer, ...]) -> str:
    """Write the layers of a stage, equal neighbours as one line."""
    lines: list[tuple[str, int]] = []
    for layer in layers:
        if lines and lines[-1][0] == layer.code:
            lines[-1] = (layer.code, lines[-1][1] + 1)
        else:
            lines.append((layer.code, 1))
    return "\n".join(f"{count} x {code}" if count > 1 else code for code, count in lines)


def _groups(architecture: Architecture) -> Graph:
    """Return decisions as a chain: neighbours whose names agree up to the last dot are one node."""
    groups: dict[str, list[str]] = {}
    for name, value in architecture.items():
        prefix, _, last = name.rpartition(".")
        groups.setdefault(prefix, []).append(f"{last}={value}")
    return _chain("network", ["\n".join([prefix or "network", *lines]) for prefix, lines in groups.items()])


def _chain(title: str, nodes: list[str]) -> Graph:
    return Graph(title, tuple(nodes), tuple(Edge(place, place + 1) for place in range(len(nodes) - 1)))
