"""Draws a graph as SVG: boxes from left to right, and an arc for each edge that leaps over boxes."""

from __future__ import annotations

from html import escape

from nas_report.graphs import Edge, Graph

LINE, CHARACTER = 15, 6.6
"""Height of a line of text, and width of a character, in pixels; text is monospaced."""
GAP, MARGIN, RISE = 34, 10, 26
"""Between boxes without a label between, around all, and by how much the arc over one more box is higher, in pixels."""
BOXES, LINES, LENGTH = 40, 12, 40
"""Boxes of a drawing, lines of a box and characters of a line; the rest is left out."""


def draw(graph: Graph) -> str:
    """Return the drawing as an SVG element, with the graph in words for those who do not see it."""
    nodes = [_lines(node) for node in graph.nodes[:BOXES]]
    edges = [edge for edge in graph.edges if edge.target < len(nodes)]
    widths = [max(len(line) for line in lines) * CHARACTER + 16 for lines in nodes]
    lefts = _lefts(widths, edges)
    tallest = max(len(lines) for lines in nodes) * LINE + 12
    arcs = [edge for edge in edges if edge.target - edge.source > 1]
    # Arcs of even sources go above, the others below, so that fewer cross.
    above = max((_height(edge) for edge in arcs if not edge.source % 2), default=0)
    below = max((_height(edge) for edge in arcs if edge.source % 2), default=0)
    middle = MARGIN + above + LINE + tallest / 2
    width = lefts[-1] + widths[-1] + MARGIN
    height = middle + tallest / 2 + below + LINE + MARGIN
    parts = [_box(lines, left, wide, middle) for lines, left, wide in zip(nodes, lefts, widths, strict=True)]
    halves = [len(lines) * LINE / 2 + 6 for lines in nodes]
    seen: dict[tuple[int, int], int] = {}
    for edge in edges:
        key = (edge.source, edge.target)
        seen[key] = seen.get(key, -1) + 1
        ends = (lefts[edge.source], widths[edge.source], lefts[edge.target], widths[edge.target])
        parts.append(_edge(edge, ends, middle, (halves[edge.source], halves[edge.target]), seen[key]))
    more = "" if len(nodes) == len(graph.nodes) else f" (the first {BOXES} of {len(graph.nodes)})"
    return (
        f'<figure><svg role="img" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}">'
        f"<title>{escape(_in_words(graph))}</title>{''.join(parts)}</svg>"
        f"<figcaption>{escape(graph.title)}{more}</figcaption></figure>"
    )


def _lines(node: str) -> list[str]:
    lines = [line if len(line) <= LENGTH else f"{line[: LENGTH - 1]}…" for line in node.split("\n")]
    return lines if len(lines) <= LINES else [*lines[: LINES - 1], f"… {len(lines) - LINES + 1} more"]


def _lefts(widths: list[float], edges: list[Edge]) -> list[float]:
    """Return where the boxes begin: neighbours leave room for the label of the edge between them."""
    room = {edge.source: len(edge.label) * CHARACTER + 20 for edge in edges if edge.target - edge.source == 1}
    lefts = [float(MARGIN)]
    for place, width in enumerate(widths[:-1]):
        lefts.append(lefts[-1] + width + max(GAP, room.get(place, 0)))
    return lefts


def _height(edge: Edge) -> float:
    return RISE * (edge.target - edge.source)


def _box(lines: list[str], left: float, width: float, middle: float) -> str:
    height = len(lines) * LINE + 12
    top = middle - height / 2
    text = "".join(
        f'<tspan x="{left + width / 2:.1f}" y="{top + 17 + place * LINE:.1f}">{escape(line)}</tspan>'
        for place, line in enumerate(lines)
    )
    box = f'<rect x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}" rx="4"/>'
    return f"{box}<text>{text}</text>"


def _edge(
    edge: Edge, ends: tuple[float, float, float, float], middle: float, halves: tuple[float, float], again: int
) -> str:
    """Draw an edge; ``again``: how many edges between these two boxes are drawn already."""
    left, width, right, other = ends
    if edge.target - edge.source == 1:
        start, end, level = left + width, right, middle + again * LINE
        path = f"M{start:.1f} {level:.1f}H{end - 5:.1f}"
        place = ((start + end) / 2, level - 4)
    else:
        side = -1 if not edge.source % 2 else 1
        start, end = left + width / 2 + 8, right + other / 2 - 8
        from_, to = middle + side * halves[0], middle + side * halves[1]
        top = middle + side * (max(halves) + _height(edge) + again * LINE)
        # A cubic curve rises to three quarters of its handles.
        handle = (from_ + to) / 2 + (top - (from_ + to) / 2) * 4 / 3
        path = f"M{start:.1f} {from_:.1f}C{start:.1f} {handle:.1f} {end:.1f} {handle:.1f} {end:.1f} {to + side * 5:.1f}"
        place = ((start + end) / 2, top - 4)
    label = (
        f'<text class="on-edge" x="{place[0]:.1f}" y="{place[1]:.1f}">{escape(edge.label)}</text>' if edge.label else ""
    )
    return f'<path d="{path}" marker-end="url(#arrow)"/>{label}'


def _in_words(graph: Graph) -> str:
    named = [node.replace("\n", ", ") for node in graph.nodes]
    edges = "; ".join(
        f"{named[edge.source]} to {named[edge.target]}{f' by {edge.label}' if edge.label else ''}"
        for edge in graph.edges
    )
    return f"{graph.title}: {edges}"
