"""Summarises the runs of each entrant: a row each, as CSV and as a Markdown table, and the curves behind them."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median

import numpy as np

from nas_benchmark.regret import REFERENCES, HypervolumeShares, incumbents, regrets
from nas_benchmark.simulation import Run
from nas_benchmark.table import Table
from nas_core.api.strategy import Objective
from nas_search.ranking import Floats

QUERIES = (25, 50, 100, 150, 200, 300)
"""Queries after which the regret is in the summary."""


NEAR_SHARE = 0.02
"""Share of the way from the table's median to its best that may be missing where the best counts as found."""


@dataclass(frozen=True)
class Trajectories:
    """A measure after each query, over the runs of an entrant."""

    values: Floats
    """Shape (runs, queries)."""

    @property
    def mean(self) -> Floats:
        """Shape (queries,)."""
        return np.asarray(self.values.mean(axis=0))

    @property
    def std(self) -> Floats:
        """Standard deviation; shape (queries,); inf while a run has found nothing."""
        # The deviation of values with inf among them would be NaN and warn.
        finite = np.isfinite(self.values).all(axis=0)
        deviation = np.full(self.values.shape[1], math.inf)
        deviation[finite] = self.values[:, finite].std(axis=0)
        return deviation


@dataclass(frozen=True)
class Scorecard:
    """What runs are measured by."""

    objectives: Sequence[Objective]
    best: float
    """The first objective's in the table."""
    volumes: HypervolumeShares | None
    """With several objectives."""
    near: float
    """Regret at which a search counts as having found the best."""
    test: str | None
    """Column that the best so far is judged by in the end."""

    @classmethod
    def of(cls, table: Table, objectives: Sequence[Objective], near: float | None, test: str | None) -> Scorecard:
        """Return the scorecard of runs on a table; without ``near`` it is `NEAR_SHARE` of what the table offers."""
        first = objectives[0]
        if near is None:
            near = float(f"{NEAR_SHARE * abs(table.best(first) - table.median(first)):.1g}")
        volumes = HypervolumeShares.of(table, objectives) if len(objectives) > 1 else None
        return cls(objectives, table.best(first), volumes, near, test)

    def curves(self, runs: Sequence[Run]) -> Mapping[str, Trajectories]:
        """Return what is measured by its name, as far as all runs got."""
        # A strategy that has tried the whole space ends early.
        length = min(len(run.results) for run in runs)
        measured = {"seconds": [run.ended_at for run in runs]}
        if self.volumes is None:
            measured["regret"] = [regrets(run, self.objectives[0], self.best) for run in runs]
        else:
            for reference in REFERENCES:
                measured[f"hypervolume_share_{reference}"] = [self.volumes.curve(run, reference) for run in runs]
        return {name: Trajectories(np.array([values[:length] for values in each])) for name, each in measured.items()}

    def summarise(self, name: str, runs: Sequence[Run]) -> dict[str, str]:
        """Return the row of an entrant; what not all runs got to is empty, and a median never reached is inf."""
        curves = self.curves(runs)
        row = {"strategy": name, "seeds": str(len(runs))}
        if self.volumes is None:
            row |= self._regret(curves["regret"], runs)
        else:
            for reference in REFERENCES:
                row[f"hypervolume_share_{reference}"] = f"{curves[f'hypervolume_share_{reference}'].mean[-1]:.4f}"
        return row | {"ask_ms_median": f"{median(ms for run in runs for ms in run.ask_ms):.2f}"}

    def _regret(self, regret: Trajectories, runs: Sequence[Run]) -> dict[str, str]:
        length = regret.values.shape[1]
        row = {f"regret_mean_at_{q}": f"{regret.mean[q - 1]:.6g}" if q <= length else "" for q in QUERIES}
        row[f"median_queries_to_{self.near:g}"] = f"{median(self.queries_to_near(regret)):g}"
        tested: list[float] = []
        if self.test and length >= QUERIES[-1]:
            for run in runs:
                place = incumbents(run, self.objectives[0])[QUERIES[-1] - 1]
                result = run.results[place] if place is not None else None
                tested.append(result[self.test] if result else math.nan)
        return row | {f"test_mean_at_{QUERIES[-1]}": f"{fmean(tested):.4f}" if tested else ""}

    def queries_to_near(self, regret: Trajectories) -> list[float]:
        """Return for each run the query that first was near the best; inf: none."""
        return [next((q for q, one in enumerate(run, start=1) if one <= self.near), math.inf) for run in regret.values]

    def markdown(self, runs: Mapping[str, Sequence[Run]]) -> str:
        """Return the table for people: mean ± standard deviation, without columns that all leave empty."""
        rows = []
        for name, those in runs.items():
            row, curves = self.summarise(name, those), self.curves(those)
            cells = {"strategy": name, "seeds": row["seeds"]}
            if self.volumes is None:
                cells |= self._regret_cells(row, curves)
            else:
                for reference in REFERENCES:
                    curve = curves[f"hypervolume_share_{reference}"]
                    cells[f"hypervolume, {reference}"] = f"{curve.mean[-1]:.3f} ± {curve.std[-1]:.3f}"
            rows.append(cells | {"ask, ms": row["ask_ms_median"]})
        shown = [name for name in rows[0] if any(row[name] for row in rows)]
        lines = [shown, ["---"] * len(shown), *([row[name] for name in shown] for row in rows)]
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)

    def _regret_cells(self, row: Mapping[str, str], curves: Mapping[str, Trajectories]) -> dict[str, str]:
        regret, length = curves["regret"], curves["regret"].values.shape[1]
        cells = {
            f"regret @{q}": f"{regret.mean[q - 1]:.3g} ± {regret.std[q - 1]:.2g}" if q <= length else ""
            for q in QUERIES
        }
        queries = self.queries_to_near(regret)
        middle = median(queries)
        cells[f"queries to ≤ {self.near:g}"] = f"{middle:g}" if math.isfinite(middle) else f"> {length}"
        ended = curves["seconds"].values
        # Queries are counted from 1.
        times = [run[int(q) - 1] if math.isfinite(q) else q for q, run in zip(queries, ended, strict=True)]
        # Without a column of seconds a query takes 1, and the time says nothing new.
        timed = not np.array_equal(ended[0], np.arange(1, length + 1))
        cells[f"simulated time to ≤ {self.near:g}"] = f"{median(times):.3g}" if timed else ""
        return cells | {"test": row[f"test_mean_at_{QUERIES[-1]}"]}


def write(path: Path, rows: Sequence[Mapping[str, str]]) -> None:
    """Write rows that have the same columns."""
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def curve_rows(name: str, curves: Mapping[str, Trajectories]) -> list[dict[str, str]]:
    """Return a row a query: mean and standard deviation of each measure."""
    length = next(iter(curves.values())).values.shape[1]
    rows = []
    for query in range(length):
        row = {"strategy": name, "query": str(query + 1)}
        for measure, curve in curves.items():
            row[f"{measure}_mean"] = f"{curve.mean[query]:.6g}"
            row[f"{measure}_std"] = f"{curve.std[query]:.6g}"
        rows.append(row)
    return rows
