"""Reads one metric family from the metrics page of a trial's pod, in Prometheus's text format.

The user's code writes the page, so everything is bounded, and the time is linear in the length of the page.
Source: https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping

from nas_core.contract import METRIC_FAMILY, METRIC_NAME_LIMIT

PAGE_LIMIT = 64 * 1024
"""Bytes that are read of a page."""
SAMPLES_LIMIT = 256
"""Samples of the family that are taken from a page."""
LABELS_LIMIT = 16
"""Labels that a sample may have."""

Sample = tuple[Mapping[str, str], float]
"""Labels, value."""

# Each is only ever matched at one place: a search of the rest of the line for every place would be quadratic.
_FAMILY = re.compile(rf"\s*{METRIC_FAMILY}\s*\{{")
_LABEL = re.compile(r'\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*(,?)')
_VALUE = re.compile(r"\s*\}\s*(\S+)")
_ESCAPED = re.compile(r"\\(.)")


def samples(page: bytes) -> list[Sample]:
    """Return the samples of the trials' metrics on a page; lines that are not of the format are passed over."""
    found: list[Sample] = []
    for line in page.decode(errors="replace").split("\n"):
        if (family := _FAMILY.match(line)) and (sample := _sample(line, family.end())):
            found.append(sample)
            if len(found) == SAMPLES_LIMIT:
                break
    return found


def _sample(line: str, start: int) -> Sample | None:
    labels: dict[str, str] = {}
    for name, value, end in _labels(line, start):
        labels[name], start = value, end
        if len(labels) > LABELS_LIMIT:
            return None
    match = _VALUE.match(line, start)
    try:
        # NaN, +Inf and -Inf are values of the format, and `float` reads them.
        return (labels, float(match[1])) if match else None
    except ValueError:
        return None


def _labels(line: str, start: int) -> Iterator[tuple[str, str, int]]:
    """Yield name, value and end of each label."""
    while match := _LABEL.match(line, start):
        start = match.end()
        yield match[1], _ESCAPED.sub(lambda m: "\n" if m[1] == "n" else m[1], match[2]), start
        if not match[3]:
            return


def of_trial(found: Iterable[Sample], trial: str, search_uid: str) -> dict[str, float]:
    """Return what a page says of one trial, by metric; the rest is dropped, as are values that are not finite."""
    values: dict[str, float] = {}
    for labels, value in found:
        metric = labels.get("metric", "")
        is_trial = labels.get("nas_search_uid") == search_uid and labels.get("nas_trial") == trial
        if is_trial and 0 < len(metric) <= METRIC_NAME_LIMIT and math.isfinite(value) and len(values) < SAMPLES_LIMIT:
            values[metric] = value
    return values
