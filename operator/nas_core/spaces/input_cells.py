"""Cells whose nodes choose their inputs: each node is the sum of two operations, each on an earlier state.

States 0 and 1 are the outputs of the two cells before, the older one first; state n is the output of node n. The cells
of DARTS (`nas_bench_301`), of NASNet (`nasnet`) and users' own (`spec_cell`) are of this kind.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nas_core.spaces.base import Architecture, ArchitectureError, SearchSpace
from nas_core.spaces.decisions import Choice, Decision, Subset
from nas_core.spaces.isomorphism import least_form

INPUTS = 2
"""States that a cell is given, and operations that a node adds up."""

Term = tuple[str, int]
"""An operation and the state it is applied to."""
Nodes = tuple[tuple[Term, ...], ...]

_TERM = re.compile(r"([a-z0-9_]+)~([0-9])")


@dataclass(frozen=True)
class InputCell:
    """One cell as it is computed."""

    nodes: Nodes
    """What each node adds up, beginning with node 2."""
    outputs: tuple[int, ...]
    """The states that are joined to the cell's output."""


class InputCells(SearchSpace):
    """One or two cells with a given number of nodes.

    As DARTS's, the two inputs of a node are distinct and all nodes are joined. With ``loose_ends`` they are as
    NASNet's: the inputs may be equal, and what is joined is every state (of a node or given) that no node reads.
    """

    def __init__(
        self, name: str, nodes: int, operations: Sequence[str], cells: Sequence[str], *, loose_ends: bool = False
    ) -> None:
        self.cells, self.loose_ends, self.operations = tuple(cells), loose_ends, tuple(operations)
        self.nodes = range(INPUTS, INPUTS + nodes)
        super().__init__(name, [d for cell in cells for node in self.nodes for d in self._decisions(cell, node)])

    def _decisions(self, cell: str, node: int) -> Iterator[Decision]:
        group, states = f"{cell}.{node}", tuple(map(str, range(node)))
        if not self.loose_ends and node > INPUTS:  # the first node has no choice
            # A subset writes its members in order, so op0 always belongs to the lower of the two states.
            yield Subset(f"{group}.inputs", states, least=INPUTS, most=INPUTS)
        for side in range(INPUTS):
            if self.loose_ends:
                yield Choice(f"{group}.input{side}", states)
            yield Choice(f"{group}.op{side}", self.operations)

    def cell(self, architecture: Architecture, cell: str) -> InputCell:
        """Return one of the cells, by its name."""
        nodes = tuple(self._terms(architecture, f"{cell}.{node}") for node in self.nodes)
        if not self.loose_ends:
            return InputCell(nodes, tuple(self.nodes))
        read = {source for terms in nodes for _, source in terms}
        return InputCell(nodes, tuple(state for state in range(self.nodes.stop) if state not in read))

    def _terms(self, architecture: Architecture, group: str) -> tuple[Term, Term]:
        if self.loose_ends:
            sources = [architecture[f"{group}.input{side}"] for side in range(INPUTS)]
        else:
            # The first node reads both inputs, without a decision.
            sources = architecture.get(f"{group}.inputs", "0+1").split("+")
        one, other = ((architecture[f"{group}.op{side}"], int(source)) for side, source in enumerate(sources))
        return one, other

    def canonical(self, architecture: Architecture) -> str:
        """Return a form in which neither the nodes' numbers nor the order of their inputs matter."""
        return " ".join(_canonical(self.cell(architecture, cell).nodes) for cell in self.cells)

    def text(self, architecture: Architecture) -> str:
        """Return what DARTS calls the genotype: ``normal=sep_conv_3x3~0+skip_connect~1|… reduce=…``.

        Nodes are parted by ``|``, their two operations by ``+``; after ``~`` stands the state they are applied to.
        """
        words = []
        for cell in self.cells:
            nodes = self.cell(architecture, cell).nodes
            words.append(f"{cell}=" + "|".join("+".join(f"{op}~{source}" for op, source in terms) for terms in nodes))
        return " ".join(words)

    def parse(self, text: str) -> dict[str, str]:
        """Read what :meth:`text` wrote."""
        architecture: dict[str, str] = {}
        for word in text.split(" "):
            cell, _, nodes = word.partition("=")
            for node, terms in enumerate(nodes.split("|"), start=INPUTS):
                architecture |= self._read(f"{cell}.{node}", terms, node)
        self.validate(architecture)
        if self.text(architecture) != text:
            raise ArchitectureError(f"{text!r} is not of the space's form; write {self.text(architecture)!r}")
        return {decision.name: architecture[decision.name] for decision in self.decisions}

    def _read(self, group: str, terms: str, node: int) -> dict[str, str]:
        read, sources = {}, []
        for side, term in enumerate(terms.split("+")):
            match = _TERM.fullmatch(term)
            if not match:
                raise ArchitectureError(f"{term[:100]!r} is not of the form operation~state, such as skip_connect~0")
            read[f"{group}.op{side}"] = match[1]
            sources.append(match[2])
        if self.loose_ends:
            return {**read, **{f"{group}.input{side}": source for side, source in enumerate(sources)}}
        return {**read, f"{group}.inputs": "+".join(sources)} if node > INPUTS else read


@functools.lru_cache(maxsize=4096)
def _canonical(nodes: Nodes) -> str:
    """Return the form that cells share whose nodes only have other numbers, or their inputs another order."""
    states = range(INPUTS + len(nodes))
    readers = [
        [(op, node) for node, terms in enumerate(nodes, start=INPUTS) for op, source in terms if source == state]
        for state in states
    ]

    def around(state: int, colours: Sequence[int]) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
        reads = nodes[state - INPUTS] if state >= INPUTS else ()
        return (
            sorted((op, colours[source]) for op, source in reads),
            sorted((op, colours[node]) for op, node in readers[state]),
        )

    # The inputs differ from the start, as they are the outputs of different cells; nodes begin alike.
    colours = [*range(INPUTS), *(INPUTS for _ in nodes)]
    return least_form(colours, around, states[INPUTS:], lambda order: _renamed(nodes, order))


def _renamed(nodes: Nodes, order: Sequence[int]) -> str:
    """Return the nodes in an order, their names those of their places."""
    name = {**{state: state for state in range(INPUTS)}, **{node: INPUTS + place for place, node in enumerate(order)}}
    terms = (sorted((name[source], op) for op, source in nodes[node - INPUTS]) for node in order)
    return "|".join("+".join(f"{op}~{source}" for source, op in pair) for pair in terms)
