"""NAS-Bench-201's cells: a complete graph of 4 nodes whose 6 edges each carry one of 5 operations.

Reference: Dong & Yang, "NAS-Bench-201: Extending the Scope of Reproducible Neural Architecture Search", ICLR 2020,
arXiv:2001.00326. Of the 15,625 encodings 6,466 are distinct by the paper's canonical string.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterator

import numpy as np

from nas_core.spaces.base import Architecture, ArchitectureError, SearchSpace

OPS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
EDGES = ("0-1", "0-2", "1-2", "0-3", "1-3", "2-3")
"""Edges as source-target, in the order of the published encoding."""

_OPS = frozenset(OPS)
_TERM = re.compile(r"^([a-z0-9_]+)~([0-2])$")


class NasBench201(SearchSpace):
    """The cell space of NAS-Bench-201."""

    name = "nas-bench-201"
    size: int = len(OPS) ** len(EDGES)

    def sample(self, rng: np.random.Generator) -> dict[str, str]:
        """Draw an encoding uniformly."""
        return {edge: OPS[k] for edge, k in zip(EDGES, rng.integers(len(OPS), size=len(EDGES)), strict=True)}

    def mutate(self, architecture: Architecture, rng: np.random.Generator) -> dict[str, str]:
        """Return a copy with the operation of one edge changed."""
        edge = EDGES[rng.integers(len(EDGES))]
        others = [op for op in OPS if op != architecture[edge]]
        return {**architecture, edge: others[rng.integers(len(others))]}

    def crossover(self, one: Architecture, other: Architecture, rng: np.random.Generator) -> dict[str, str]:
        """Return a child that takes each edge from one of two parents."""
        picks = rng.integers(2, size=len(EDGES))
        return {edge: (one, other)[pick][edge] for edge, pick in zip(EDGES, picks, strict=True)}

    def neighbours(self, architecture: Architecture) -> Iterator[dict[str, str]]:
        """Yield the 24 encodings that differ in one edge."""
        for edge in EDGES:
            for op in OPS:
                if op != architecture[edge]:
                    yield {**architecture, edge: op}

    def enumerate(self) -> Iterator[dict[str, str]]:
        """Yield all 15,625 encodings."""
        for ops in itertools.product(OPS, repeat=len(EDGES)):
            yield dict(zip(EDGES, ops, strict=True))

    def validate(self, architecture: Architecture) -> None:
        """Return if every edge, and nothing else, carries a known operation."""
        for edge in EDGES:
            if edge not in architecture:
                raise ArchitectureError(f"edge {edge!r} has no operation; give one of {', '.join(OPS)}")
            if architecture[edge] not in _OPS:
                given, allowed = architecture[edge], ", ".join(OPS)
                raise ArchitectureError(f"edge {edge!r} has operation {given!r}; use one of {allowed}")
        if unknown := sorted(set(architecture) - set(EDGES)):
            raise ArchitectureError(f"{unknown[0]!r} is no edge of the cell; its edges are {', '.join(EDGES)}")

    def canonical(self, architecture: Architecture) -> str:
        """Return the paper's unique string: zeroes and identities folded away, the inputs of a node sorted."""
        return _canonical(tuple(architecture[edge] for edge in EDGES))

    def text(self, architecture: Architecture) -> str:
        """Return the published form, for example ``|none~0|+|none~0|none~1|+|none~0|none~1|none~2|``."""
        nodes: dict[str, list[str]] = {"1": [], "2": [], "3": []}
        for edge in EDGES:
            source, target = edge.split("-")
            nodes[target].append(f"{architecture[edge]}~{source}")
        return "+".join(f"|{'|'.join(terms)}|" for terms in nodes.values())

    def parse(self, text: str) -> dict[str, str]:
        """Read the published form."""
        architecture: dict[str, str] = {}
        for target, node in enumerate(text.split("+"), start=1):
            for term in node.strip("|").split("|"):
                found = _TERM.match(term)
                if not found:
                    raise ArchitectureError(f"{term!r} in {text!r} is not of the form operation~source")
                architecture[f"{found[2]}-{target}"] = found[1]
        self.validate(architecture)
        if self.text(architecture) != text:
            raise ArchitectureError(f"{text!r} is not of the published form; write {self.text(architecture)!r}")
        return {edge: architecture[edge] for edge in EDGES}


@functools.lru_cache(maxsize=NasBench201.size)
def _canonical(ops: tuple[str, ...]) -> str:
    zero, nodes, edge = "#", ["0"], iter(ops)
    for target in range(1, 4):
        inputs = []
        for source in range(target):
            op = next(edge)
            if op == "none" or nodes[source] == zero:
                inputs.append(zero)
            elif op == "skip_connect":
                inputs.append(nodes[source])
            else:
                inputs.append(f"({nodes[source]})@{op}")
        nodes.append("+".join(sorted(inputs)))
    return nodes[-1]
