"""What many runs of each contestant come to: one row each, as CSV and as a Markdown table."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean, median, pstdev

from nas_benchmark.contest import Run, regrets

QUERIES = (25, 50, 100, 150, 200, 300)
NEAR = 0.1
"""Regret at which a search counts as having found it."""


def summarise(name: str, runs: Sequence[Run], best: float, sign: float, test: str | None) -> dict[str, str]:
    """Return the row of a contestant. What no run got as far as is empty; a median of queries never reached is inf."""
    curves = [regrets(run, best, sign) for run in runs]
    shortest = min(len(curve) for curve in curves)
    row = {"strategy": name, "seeds": str(len(runs))}
    for query in QUERIES:
        reached = [curve[query - 1] for curve in curves] if query <= shortest else []
        row[f"regret_mean_at_{query}"] = f"{fmean(reached):.4f}" if reached else ""
        row[f"regret_std_at_{query}"] = f"{pstdev(reached):.4f}" if reached and all(map(math.isfinite, reached)) else ""
    found = [next((k for k, regret in enumerate(curve, start=1) if regret <= NEAR), math.inf) for curve in curves]
    row[f"median_queries_to_{NEAR}"] = f"{median(found):g}"
    last = QUERIES[-1]
    tested = [run.others[run.incumbents[last - 1]][test] for run in runs] if test and shortest >= last else []
    row[f"test_mean_at_{last}"] = f"{fmean(tested):.4f}" if tested else ""
    row["ask_ms_median"] = f"{median(ms for run in runs for ms in run.ask_ms):.2f}"
    return row


def write(path: Path, rows: Sequence[Mapping[str, str]]) -> None:
    """Write one row a contestant."""
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def markdown(rows: Sequence[Mapping[str, str]]) -> str:
    """Return the table for people: mean ± standard deviation, without columns that all leave empty."""
    shown = [query for query in QUERIES if any(row[f"regret_mean_at_{query}"] for row in rows)]
    tested = any(row[f"test_mean_at_{QUERIES[-1]}"] for row in rows)
    header = ["strategy", "seeds", *(f"regret @{query}" for query in shown), f"queries to ≤ {NEAR}", "ask, ms"]
    lines = [header + (["test"] if tested else [])]
    for row in rows:
        regret = [f"{float(row[f'regret_mean_at_{q}']):.2f} ± {row[f'regret_std_at_{q}'][:4] or '-'}" for q in shown]
        line = [row["strategy"], row["seeds"], *regret, row[f"median_queries_to_{NEAR}"], row["ask_ms_median"]]
        lines.append(line + ([row[f"test_mean_at_{QUERIES[-1]}"]] if tested else []))
    rule = ["---"] * len(lines[0])
    return "\n".join(f"| {' | '.join(line)} |" for line in (lines[0], rule, *lines[1:]))
