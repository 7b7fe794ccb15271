"""Cells whose edges choose operations: every node is the sum over the edges from all nodes before it.

The first node is the cell's input, the last its output. In the second cell, if there is one, what comes from the input
has stride 2. NAS-Bench-201's cells (`nas_bench_201`) and users' own (`spec_cell`) are of this kind.
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Mapping, Sequence

from nas_core.spaces.base import Architecture, ArchitectureError, SearchSpace
from nas_core.spaces.decisions import Choice
from nas_core.spaces.isomorphism import least_form

NONE, SKIP = "none", "skip_connect"
"""The operations that the canonical form folds away; at stride 2 skip_connect has weights, and is not."""
WITHOUT_WEIGHTS = ("avg_pool", "max_pool")
"""How the names of operations begin that, done twice to one input, have one result."""

Sum = tuple[tuple[int, int], ...]
"""What a node adds up: numbers of results, and how often each."""

_TERM = re.compile(r"^([a-z0-9_]+)~([0-9])$")


def edges_of(nodes: int) -> tuple[str, ...]:
    """Return the edges between so many nodes as source-target, in the order of NAS-Bench-201's encoding."""
    return tuple(f"{source}-{target}" for target in range(1, nodes) for source in range(target))


class EdgeCells(SearchSpace):
    """One or several cells with a given number of nodes; a single cell needs no name."""

    def __init__(self, name: str, nodes: int, operations: Sequence[str], cells: Sequence[str] = ("",)) -> None:
        self.cells, self.nodes, self.operations = tuple(cells), nodes, tuple(operations)
        self.edges = edges_of(nodes)
        super().__init__(name, [Choice(_name(cell, edge), self.operations) for cell in cells for edge in self.edges])

    def cell(self, architecture: Architecture, cell: str) -> dict[str, str]:
        """Return the operations of one of the cells by their edges."""
        return {edge: architecture[_name(cell, edge)] for edge in self.edges}

    def canonical(self, architecture: Architecture) -> str:
        """Return a form that all encodings of a network share: what is computed, not which nodes it goes through."""
        return " ".join(
            _canonical(tuple(self.cell(architecture, cell).values()), self.nodes, halving=place > 0)
            for place, cell in enumerate(self.cells)
        )

    def text(self, architecture: Architecture) -> str:
        """Return NAS-Bench-201's form, ``|none~0|+|none~0|none~1|``; cells with a name as ``normal=|… reduce=|…``."""
        words = []
        for cell in self.cells:
            nodes: dict[str, list[str]] = {}
            for edge, op in self.cell(architecture, cell).items():
                source, target = edge.split("-")
                nodes.setdefault(target, []).append(f"{op}~{source}")
            words.append((f"{cell}=" if cell else "") + "+".join(f"|{'|'.join(terms)}|" for terms in nodes.values()))
        return " ".join(words)

    def parse(self, text: str) -> dict[str, str]:
        """Read what :meth:`text` wrote."""
        architecture: dict[str, str] = {}
        for word in text.split(" "):
            # From the right: without a name, as for a single cell, all of the word is the nodes.
            cell, _, nodes = word.rpartition("=")
            for target, node in enumerate(nodes.split("+"), start=1):
                for term in node.strip("|").split("|"):
                    match = _TERM.match(term)
                    if not match:
                        raise ArchitectureError(f"{term!r} in {text!r} is not of the form operation~source")
                    architecture[_name(cell, f"{match[2]}-{target}")] = match[1]
        self.validate(architecture)
        if self.text(architecture) != text:
            raise ArchitectureError(f"{text!r} is not of the published form; write {self.text(architecture)!r}")
        return {decision.name: architecture[decision.name] for decision in self.decisions}


def _name(cell: str, inside: str) -> str:
    return f"{cell}.{inside}" if cell else inside


def live_edges(operations: Mapping[str, str]) -> set[str]:
    """Return the edges that the cell's input reaches and its output reads; ``operations`` are by edge."""
    # Of single digits, so that text sorts as numbers do.
    ahead, behind = {"0"}, {max(edge.split("-")[1] for edge in operations)}
    edges = sorted(tuple(edge.split("-")) for edge, op in operations.items() if op != NONE)
    for source, target in edges:  # a source is known before its targets
        if source in ahead:
            ahead.add(target)
    for source, target in reversed(edges):
        if target in behind:
            behind.add(source)
    return {f"{source}-{target}" for source, target in edges if source in ahead and target in behind}


@functools.lru_cache(maxsize=16_384)
def _canonical(ops: tuple[str, ...], nodes: int, *, halving: bool) -> str:
    """Return the operations that reach the output, each with what it is applied to.

    An identity hands on what it is given, and nothing comes of zeros. Result 0 is the cell's input. Two operations
    with weights are two even if they are alike: their weights differ. Two poolings of one input are one.
    """
    terms: list[tuple[str, Sum]] = [("", ())]
    sums: list[Sum] = [((0, 1),)]  # of each node
    edge = iter(ops)
    for target in range(1, nodes):
        added: Counter[int] = Counter()
        for source in range(target):
            op, given = next(edge), sums[source]
            if op == NONE or not given:
                continue
            if op == SKIP and not (halving and source == 0):
                added.update(dict(given))
                continue
            if (op, given) not in terms or not op.startswith(WITHOUT_WEIGHTS):
                terms.append((op, given))
                added[len(terms) - 1] += 1
            else:
                added[terms.index((op, given))] += 1
        sums.append(tuple(sorted(added.items())))
    return _written(terms, sums[-1])


def _written(terms: Sequence[tuple[str, Sum]], output: Sum) -> str:
    """Return what leads to the output, in an order and with numbers that isomorphic cells share."""
    used = {number for number, _ in output}
    for number in range(len(terms) - 1, 0, -1):
        if number in used:
            used |= {source for source, _ in terms[number][1]}
    kept = sorted(used - {0})
    names = [op for op, _ in terms]
    readers: list[list[tuple[int, int]]] = [[] for _ in terms]
    for number in kept:
        for source, times in terms[number][1]:
            readers[source].append((number, times))
    last = dict(output)

    def around(number: int, colours: Sequence[int]) -> tuple[str, list[tuple[int, int]], list[tuple[int, int]], int]:
        reads, read = terms[number][1], readers[number]
        return (
            names[number],
            sorted((colours[source], times) for source, times in reads),
            sorted((colours[reader], times) for reader, times in read),
            last.get(number, 0),
        )

    def write(order: Sequence[int]) -> str:
        name = {0: 0, **{number: place for place, number in enumerate(order, start=1)}}

        def sum_of(given: Sum) -> str:
            return "+".join(f"{times}*{which}" for which, times in sorted((name[n], times) for n, times in given))

        return ";".join([*(f"{names[number]}({sum_of(terms[number][1])})" for number in order), sum_of(output)])

    return least_form([0 for _ in terms], around, kept, write)
