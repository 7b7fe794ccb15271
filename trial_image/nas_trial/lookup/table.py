"""Tabulated benchmarks: a CSV with an architecture in each row and what was measured of it.

Which column names the architectures, `nas_core.table_format` says. With hyperparameters a text ends with theirs, as a
search's status shows it. Of a file only the rows of the trial's candidates are kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from statistics import fmean

from nas_core.api.benchmark import Benchmark, MetricColumn
from nas_core.api.trial import CandidateSpec
from nas_core.api.types import PROXY_PREFIX
from nas_core.contract import TrialInput
from nas_core.spaces import SearchSpace, get_space
from nas_core.states import Work
from nas_core.table_format import TEXT_COLUMNS, Line, TableError, finite, naming, number, read_csv
from nas_trial.errors import CandidateRejected
from nas_trial.lookup.tabulated_curve import SECONDS, LookUp, TabulatedCurve, curve_of_row, judged

MOST_METRICS = 32
"""Taken from a table when nobody says which of its columns are metrics."""
_METRIC = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]{0,62}")


@contextmanager
def _rejecting() -> Iterator[None]:
    try:
        yield
    except TableError as error:
        raise CandidateRejected("BenchmarkInvalid", str(error)) from error


@_rejecting()
def read(name: str, content: bytes, trial: TrialInput, benchmark: Benchmark) -> LookUp:
    """Return what looks candidates up in a CSV, compressed by gzip or not.

    Raises:
        CandidateRejected: if it cannot be read or lacks a column; when looking up, if it lacks the architecture or a
            value.
    """
    space = get_space(trial.space)
    header, lines = read_csv(name, content)
    named = naming(space, header)
    if named is None:
        raise TableError(f"{name} has no column {' or '.join(TEXT_COLUMNS)}; it has {', '.join(header)[:500]}")
    for column in (*(one.column for one in benchmark.metrics), benchmark.seconds_column):
        if column is not None and column not in header:
            raise TableError(f"{name} has no column {column!r}; it has {', '.join(header)[:500]}")
    if trial.work == Work.SCORE:  # a column that is missing is an error before the first candidate, not of each
        judged(benchmark.metrics or _metrics(header, trial), trial.work, trial.proxies)

    keys = {candidate.id: _key(space, candidate, named.by_network) for candidate in trial.candidates}
    rows: dict[str, list[Line]] = {key: [] for key in keys.values()}
    place = header.index(named.column)
    for line, fields in lines:
        if fields[place] in rows:
            rows[fields[place]].append((line, fields))

    @_rejecting()
    def curve(candidate: CandidateSpec) -> TabulatedCurve:
        key = keys[candidate.id]
        if not (own := rows[key]):
            raise CandidateRejected(
                "NotInBenchmark",
                f"{name} has no architecture {key!r}; search the space that the table is of, whole, with the text that "
                "the space writes",
            )
        columns = judged(benchmark.metrics or _metrics(_numbers(header, own), trial), trial.work, trial.proxies)
        seconds = benchmark.seconds_column or next((c.column for c in columns if c.name == SECONDS), None)
        wanted = {column.column for column in columns} | ({seconds} if seconds else set())
        return curve_of_row({one: _mean(name, header, one, own) for one in wanted}, columns, seconds, trial.last_epoch)

    return curve


def _key(space: SearchSpace, candidate: CandidateSpec, by_network: bool) -> str:
    """Return what a table calls a candidate."""
    if by_network and not candidate.hyperparameters:
        return space.canonical(candidate.architecture)
    # Only the whole text has the hyperparameters in the order of the search.
    text = space.text(candidate.architecture)
    return candidate.text or text if candidate.hyperparameters else text


def _mean(name: str, header: Sequence[str], column: str, rows: Sequence[Line]) -> float:
    place = header.index(column)
    # A table may have an architecture more than once, such as a row for each seed.
    return fmean(number(name, line, column, fields[place]) for line, fields in rows)


def _numbers(header: Sequence[str], rows: Sequence[Line]) -> list[str]:
    """Return the columns that hold a number in each of some rows."""
    return [
        column for place, column in enumerate(header) if all(finite(fields[place]) is not None for _, fields in rows)
    ]


def _metrics(columns: Sequence[str], trial: TrialInput) -> list[MetricColumn]:
    """Return the columns that are named as metrics; of many the first, but before them what the search names."""
    asked = {SECONDS, *(PROXY_PREFIX + proxy for proxy in trial.proxies)}
    asked |= {objective.metric for objective in trial.objectives} | {limit.metric for limit in trial.constraints}
    names = [column for column in columns if _METRIC.fullmatch(column)]
    # A retraining is judged on the test split, test_accuracy in place of val_accuracy.
    names.sort(key=lambda column: not asked & {column, column.replace("test_", "val_", 1)})
    return [MetricColumn(name=name, column=name) for name in names[:MOST_METRICS]]
