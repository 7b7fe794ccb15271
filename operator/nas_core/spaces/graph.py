"""An architecture as a graph, to be looked at: written for Graphviz, or drawn as SVG without it."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

_LINE, _PAD, _GAP_X, _GAP_Y, _CHAR = 16, 8, 28, 40, 7


@dataclass(frozen=True)
class Node:
    """A box: a title and lines below it."""

    id: str
    title: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Edge:
    """An arrow between two boxes, by their ids."""

    source: str
    target: str
    label: str = ""


@dataclass(frozen=True)
class Graph:
    """Boxes, and arrows that make no circle; a box comes after those it is reached from."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    def dot(self) -> str:
        """Return the graph in Graphviz's language."""
        boxes = [f"  {_quoted(n.id)} [label={_quoted(chr(10).join((n.title, *n.lines)))}];" for n in self.nodes]
        arrows = [f"  {_quoted(e.source)} -> {_quoted(e.target)} [label={_quoted(e.label)}];" for e in self.edges]
        return "\n".join(["digraph architecture {", "  node [shape=box];", *boxes, *arrows, "}", ""])

    def svg(self) -> str:
        """Return a drawing: boxes in rows by their distance from the start, arrows with their labels."""
        rows = self._rows()
        widths = {n.id: 2 * _PAD + _CHAR * max(map(len, (n.title, *n.lines))) for n in self.nodes}
        heights = {n.id: 2 * _PAD + _LINE * (1 + len(n.lines)) for n in self.nodes}
        spans = [sum(widths[n.id] for n in row) + _GAP_X * (len(row) - 1) for row in rows]
        across = max([*spans, *(_CHAR * len(e.label) for e in self.edges)], default=0) + 2 * _GAP_X
        place: dict[str, tuple[float, float]] = {}
        y = float(_PAD)
        for row, span in zip(rows, spans, strict=True):
            x = (across - span) / 2
            for node in row:
                place[node.id] = (x, y)
                x += widths[node.id] + _GAP_X
            y += max(heights[node.id] for node in row) + _GAP_Y
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{across:.0f}" height="{y:.0f}" '
            'font-family="monospace" font-size="11">',
            '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" '
            'orient="auto"><path d="M0 0 8 4 0 8z" fill="#555"/></marker></defs>',
        ]
        for index, edge in enumerate(self.edges):
            (x1, y1), (x2, y2) = place[edge.source], place[edge.target]
            x1, x2, y1 = x1 + widths[edge.source] / 2, x2 + widths[edge.target] / 2, y1 + heights[edge.source]
            # Arrows that skip rows swing out, so that they do not cross the boxes between.
            swing = 0.0 if y2 - y1 <= 2 * _GAP_Y else (widths[edge.target] / 2 + _GAP_X) * (1 if index % 2 else -1)
            middle = (x1 + x2) / 2 + swing
            parts.append(
                f'<path d="M{x1:.0f} {y1:.0f} Q{middle:.0f} {(y1 + y2) / 2:.0f} {x2:.0f} {y2:.0f}" fill="none" '
                'stroke="#555" marker-end="url(#tip)"/>'
            )
            if edge.label:
                parts.append(
                    f'<text x="{(x1 + x2) / 2 + swing / 2:.0f}" y="{(y1 + y2) / 2:.0f}" text-anchor="middle" '
                    f'fill="#06c">{html.escape(edge.label)}</text>'
                )
        for node in self.nodes:
            x, y = place[node.id]
            parts.append(
                f'<rect x="{x:.0f}" y="{y:.0f}" width="{widths[node.id]}" height="{heights[node.id]}" rx="4" '
                'fill="#f6f8fa" stroke="#888"/>'
            )
            for line, text in enumerate((node.title, *node.lines)):
                weight = ' font-weight="bold"' if line == 0 else ""
                parts.append(
                    f'<text x="{x + _PAD:.0f}" y="{y + _PAD + _LINE * (line + 0.75):.0f}"{weight}>'
                    f"{html.escape(text)}</text>"
                )
        return "\n".join([*parts, "</svg>", ""])

    def _rows(self) -> list[list[Node]]:
        depth: dict[str, int] = {}
        for node in self.nodes:
            above = [depth[edge.source] for edge in self.edges if edge.target == node.id]
            depth[node.id] = max(above, default=-1) + 1
        rows: list[list[Node]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
        for node in self.nodes:
            rows[depth[node.id]].append(node)
        return rows


def chain(boxes: Sequence[tuple[str, tuple[str, ...]]]) -> Graph:
    """Return boxes (title, lines) in a row."""
    nodes = tuple(Node(str(place), title, lines) for place, (title, lines) in enumerate(boxes))
    return Graph(nodes, tuple(Edge(str(place), str(place + 1)) for place in range(len(nodes) - 1)))


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
