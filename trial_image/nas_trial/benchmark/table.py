"""Tabulated benchmarks: a CSV with an architecture in each row and what was measured of it.

Which column names the architectures, `nas_core.tabulated` says. With hyperparameters a text ends with theirs, as a
search's status shows it. Of a file only the rows of the trial's candidates are kept.
"""

from __future__ import annotations

import csv
import gzip
import io
import math
import re
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence

from nas_core.api.benchmark import Benchmark, MetricColumn
from nas_core.api.trial import CandidateSpec
from nas_core.contract import TrialInput
from nas_core.spaces import SearchSpace, get_space
from nas_core.tabulated import TEXT_COLUMNS, Naming, naming
from nas_trial.benchmark.curve import Curve, curve_of_row, judged
from nas_trial.errors import CandidateRejected

MOST_METRICS = 32
_METRIC = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]{0,62}")


def read(name: str, content: bytes, trial: TrialInput, benchmark: Benchmark) -> Callable[[CandidateSpec], Curve]:
    """Return what looks candidates up in a CSV, compressed by gzip or not.

    Raises:
        CandidateRejected: if it cannot be read or lacks a column; when looking up, if it lacks the architecture or a
            value.
    """
    space, lines = get_space(trial.space), _opened(name, content)
    header = next(lines, [])
    named = _naming(name, space, header)

    def key(candidate: CandidateSpec) -> str:
        if named.by_network and not candidate.hyperparameters:
            return space.canonical(candidate.architecture)
        # Only the whole text has the hyperparameters in the order of the search.
        text = space.text(candidate.architecture)
        return candidate.text or text if candidate.hyperparameters else text

    place, wanted = header.index(named.column), {key(candidate) for candidate in trial.candidates}
    kept = (row for row in lines if len(row) > place and row[place] in wanted)
    rows = {row[place]: dict(zip(header, row, strict=False)) for row in kept}
    for column in (*(one.column for one in benchmark.metrics), benchmark.seconds_column):
        if column is not None and column not in header:
            raise _invalid(f"{name} has no column {column!r}; it has {', '.join(header)[:500]}")

    if trial.work == "Score":  # what no candidate has is said before the first, not once for each
        judged(benchmark.metrics or _metrics(header), trial.work, trial.proxies)

    def curve(candidate: CandidateSpec) -> Curve:
        text = key(candidate)
        if text not in rows:
            raise CandidateRejected(
                "NotInBenchmark",
                f"{name} has no architecture {text!r}; search the space that the table is of, whole, with the text "
                "that the space writes",
            )
        columns = judged(benchmark.metrics or _named_as_metrics(rows[text]), trial.work, trial.proxies)
        seconds = benchmark.seconds_column or next((c.column for c in columns if c.name == "train_seconds"), None)
        wanted = {column.column for column in columns} | ({seconds} if seconds else set())
        row = {column: _number(name, text, column, rows[text][column]) for column in wanted}
        return curve_of_row(row, columns, seconds, trial.last_epoch)

    return curve


def _opened(name: str, content: bytes) -> Iterator[list[str]]:
    """Yield the lines of the file, the header at first."""
    try:
        text = (gzip.decompress(content) if name.endswith(".gz") else content).decode("utf-8-sig")
        yield from csv.reader(io.StringIO(text, newline=""))
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error) as error:
        raise _invalid(f"{name} cannot be read as a CSV{' in gzip' * name.endswith('.gz')}: {error}") from error


def _naming(name: str, space: SearchSpace, header: Sequence[str]) -> Naming:
    named = naming(space, header)
    if named is None:
        raise _invalid(f"{name} has no column {' or '.join(TEXT_COLUMNS)}; it has {', '.join(header)[:500]}")
    return named


def _named_as_metrics(row: Mapping[str, str]) -> list[MetricColumn]:
    return _metrics([name for name, value in row.items() if _finite(value) is not None])[:MOST_METRICS]


def _metrics(names: Sequence[str]) -> list[MetricColumn]:
    return [MetricColumn(name=name, column=name) for name in names if _METRIC.fullmatch(name)]


def _number(name: str, text: str, column: str, value: str | None) -> float:
    found = _finite(value)
    if found is None:
        raise _invalid(f"{name}, architecture {text!r}: {column} is {value!r}, not a number; correct the table")
    return found


def _finite(value: str | None) -> float | None:
    try:
        found = float(value or "")
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def _invalid(message: str) -> CandidateRejected:
    return CandidateRejected("BenchmarkInvalid", message)
