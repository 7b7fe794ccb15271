"""The table of the report: a row for each candidate, in columns, and as much of it as the file has room for."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nas_core.api.search import NASSearchSpec
from nas_core.objectives import cost_of
from nas_report.results import Result, best_so_far

METRICS = 8
"""Metrics that have a column."""
COSTS = ("parameters", "flops", "latency_ms")
"""What is most often asked of a network beside how good it is."""
TEXT = 200
"""Characters of an architecture that are shown."""
ROOM = 3_500_000
"""Characters that the rows may take together; the JavaScript of the plots takes 0.9 million."""

Row = list[Any]


@dataclass(frozen=True)
class Candidates:
    """The rows of the table, and what the columns are called."""

    columns: list[tuple[str, str]]
    """Key and title of each."""
    rows: list[Row]
    metrics: list[str]
    """What m0, m1, … stand for."""
    total: int
    """Results that there are; `rows` has the best of them if they are more than there is room for."""


def candidates(results: Sequence[Result], spec: NASSearchSpec) -> Candidates:
    """Return the table of results in the order in which they came."""
    metrics = shown_metrics([result.seen.metrics or {} for result in results], spec)
    columns = [("order", "result"), ("trial", "trial"), ("standing", "standing"), ("minutes", "after minutes")]
    columns += [("epochs", "epochs"), *((f"m{place}", name) for place, name in enumerate(metrics))]
    columns += [("so_far", "best so far"), ("origin", "chosen by"), ("architecture", "architecture")]
    so_far = best_so_far(results, spec.objectives[0])
    rows = [_row(result, best, metrics) for result, best in zip(results, so_far, strict=True)]
    room = ROOM / max(1, len(json.dumps(rows[:: max(1, len(rows) // 200)])) * max(1, len(rows) // 200))
    if room < 1:
        objective = spec.objectives[0]
        # Costs of what has no value are last.
        merit = [(not r.best, not r.feasible, cost_of(objective, r.value(objective.metric) or 0.0)) for r in results]
        kept = sorted(range(len(rows)), key=merit.__getitem__)[: int(room * len(rows))]
        rows = [rows[place] for place in sorted(kept)]
    return Candidates(columns, rows, metrics, len(results))


def shown_metrics(found: Sequence[Mapping[str, float]], spec: NASSearchSpec) -> list[str]:
    """Return the metrics that are shown: of objectives and constraints, then what networks cost, then other ones."""
    there = Counter(name for metrics in found for name in metrics)
    wanted = [o.metric for o in spec.objectives] + [c.metric for c in spec.constraints]
    others = [name for name, _ in there.most_common() if name.startswith(("test_", "val_"))]
    return list(dict.fromkeys([*wanted, *(name for name in COSTS if name in there), *others, *there]))[:METRICS]


def _row(result: Result, so_far: float | None, metrics: Sequence[str]) -> Row:
    seen = result.seen
    failed = "breaks a constraint" if seen.metrics else "failed"
    standing = "best" if result.best else "feasible" if result.feasible else failed
    values = [_short(result.value(name)) for name in metrics]
    text = seen.candidate.text or seen.candidate.id
    return [
        seen.sequence,
        result.trial,
        standing,
        None if result.seconds is None else round(result.seconds / 60, 2),
        seen.epochs,
        *values,
        _short(so_far),
        seen.candidate.origin,
        text if len(text) <= TEXT else f"{text[: TEXT - 1]}…",
    ]


def _short(value: float | None) -> float | None:
    """Return six digits that matter: more would only make a long table longer."""
    return None if value is None else float(f"{value:.6g}")
