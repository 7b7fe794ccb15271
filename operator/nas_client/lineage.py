"""Where a model comes from, as a drawing: data, search, parents, candidate, model, from top to bottom. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from nas_core.api.model import Lineage
from nas_core.records.model import ModelView
from nas_core.records.names import trial_name

WIDTH, LINE, GAP, MARGIN = 640, 18, 28, 12
"""Of a drawing as SVG, in pixels."""


@dataclass(frozen=True)
class Box:
    """One step of a lineage."""

    title: str
    lines: tuple[str, ...]


def steps(model: ModelView, lineage: Lineage) -> list[Box]:
    """Return the steps to a model, the first one first."""
    candidate = trial_name(lineage.search, lineage.index)
    boxes = [
        Box("data", _present(hash=lineage.dataset_hash, split_seed=str(lineage.data_seed))),
        Box(
            f"search {lineage.search}",
            _present(
                uid=lineage.search_uid,
                generation=str(lineage.search_generation),
                commit=lineage.git_commit,
                applied_by=lineage.field_manager,
            ),
        ),
    ]
    if weights := lineage.initial_weights:
        counts = f"{weights.inherited:,} parameters inherited, {weights.trained:,} trained"
        boxes.append(Box("initial weights", _present(source=weights.source, sha256=weights.sha256, taken=counts)))
    if lineage.parents:
        boxes.append(Box("parents", tuple(trial_name(lineage.search, parent) for parent in lineage.parents)))
    boxes.append(Box(f"candidate {candidate}", _present(chosen_by=lineage.origin, architecture=lineage.architecture)))
    made = _present(image=lineage.image_id, seed=str(lineage.seed), packages=_packages(lineage))
    # One of the best is trained again by a trial of its own.
    trained = "trained" if lineage.trial == candidate else "trained again"
    boxes.append(Box(f"{trained}: trial {lineage.trial}", made))
    metrics = ", ".join(f"{name} {value:.6g}" for name, value in list(model.status.metrics.items())[:4])
    about = _present(stage=model.spec.stage, metrics=metrics, address=model.status.address)
    return [*boxes, Box(f"model {model.name} {model.spec.version}", about)]


def as_text(boxes: list[Box]) -> str:
    """Return the drawing for a terminal."""
    return "\n   │\n   ▼\n".join("\n".join((box.title, *(f"   {line}" for line in box.lines))) for box in boxes)


def as_mermaid(boxes: list[Box]) -> str:
    """Return the drawing as a Mermaid flowchart, which GitHub and GitLab draw."""
    lines = ["flowchart TD"]
    for number, box in enumerate(boxes):
        label = "<br>".join(escape(part).replace("|", "&#124;") for part in (box.title, *box.lines))
        lines.append(f'  n{number}["{label}"]')
    return "\n".join([*lines, *(f"  n{number} --> n{number + 1}" for number in range(len(boxes) - 1))])


def as_svg(boxes: list[Box]) -> str:
    """Return the drawing as SVG."""
    parts, top = [], MARGIN
    for number, box in enumerate(boxes):
        height = LINE * (1 + len(box.lines)) + MARGIN
        parts.append(
            f'<rect x="{MARGIN}" y="{top}" width="{WIDTH}" height="{height}" rx="4" fill="#f6f8fa" stroke="#57606a"/>'
        )
        for line, text in enumerate((box.title, *box.lines)):
            weight = "bold" if line == 0 else "normal"
            place = f'x="{2 * MARGIN}" y="{top + LINE * (line + 1)}"'
            # What is too long for the box is squeezed, not cut off.
            fitted = (
                f' textLength="{WIDTH - 2 * MARGIN}" lengthAdjust="spacingAndGlyphs"' if len(text) > FITTING else ""
            )
            parts.append(f'<text {place} font-weight="{weight}"{fitted}>{escape(text)}</text>')
        top += height
        if number < len(boxes) - 1:
            middle = MARGIN + WIDTH // 2
            parts.append(f'<path d="M{middle} {top}v{GAP - 6}l-5 -8m5 8l5 -8" fill="none" stroke="#57606a"/>')
            top += GAP
    size = f'width="{WIDTH + 2 * MARGIN}" height="{top + MARGIN}"'
    style = 'font-family="sans-serif" font-size="13"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} {style}>{"".join(parts)}</svg>'


FITTING = 84
"""Characters that fit into a box."""


def _present(**values: str | None) -> tuple[str, ...]:
    return tuple(f"{name.replace('_', ' ')}: {value}" for name, value in values.items() if value)


def _packages(lineage: Lineage) -> str:
    return ", ".join(f"{name} {version}" for name, version in sorted(lineage.packages.items()))
