from __future__ import annotations

import math
import time

import pytest
from prometheus_client import CollectorRegistry, Gauge, generate_latest

from nas_backend.metrics_page import PAGE_LIMIT, samples
from nas_core.contract import METRIC_FAMILY


def line(labels: str, value: str = "1") -> str:
    return f"{METRIC_FAMILY}{{{labels}}} {value}\n"


def test_what_the_usual_library_writes_is_read() -> None:
    registry = CollectorRegistry()
    gauge = Gauge(METRIC_FAMILY, "Newest value.", ["nas_trial", "metric"], registry=registry)
    Gauge("another", "Not ours.", registry=registry).set(3)
    gauge.labels("s-00000", "loss").set(0.25)
    odd = 'a "quoted" \\ name\nof two lines, {with} all'
    gauge.labels("s-00000", odd).set(1e-9)
    gauge.labels("s-00000", "nan").set(math.nan)
    found = samples(generate_latest(registry))
    assert [labels["metric"] for labels, _ in found] == ["loss", odd, "nan"]
    assert [value for _, value in found][:2] == [0.25, 1e-9] and math.isnan(found[2][1])
    assert {labels["nas_trial"] for labels, _ in found} == {"s-00000"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('a="b"', 1.0),
        ('a="b",', 1.0),
        (' a = "b" ', 1.0),
        ("", 1.0),
        ('a="b" c="d"', None),
        ('a="b', None),
        ("a=b", None),
    ],
)
def test_labels_are_read_as_the_format_says(text: str, value: float | None) -> None:
    found = samples(line(text).encode())
    assert [v for _, v in found] == ([] if value is None else [value])


@pytest.mark.parametrize(("text", "value"), [("+Inf", math.inf), ("1e3 1700000000", 1000.0), ("x", None), ("", None)])
def test_a_value_is_a_number(text: str, value: float | None) -> None:
    assert [v for _, v in samples(line('a="b"', text).encode())] == ([] if value is None else [value])


@pytest.mark.parametrize(
    "page",
    [
        line(",".join(f'l{n}="x"' for n in range(8_000))),
        line("a" * PAGE_LIMIT),
        line('a="' + "\\" * PAGE_LIMIT),
        line('a="' + "x" * PAGE_LIMIT),
        METRIC_FAMILY + " " * PAGE_LIMIT,
        line('a="b"' + " " * PAGE_LIMIT),
        METRIC_FAMILY + '{a="b"' + "} " * PAGE_LIMIT,
        "a 1\n" * (PAGE_LIMIT // 4),
    ],
    ids=["labels", "a name", "escapes", "a value", "spaces", "spaces inside", "ends", "lines"],
)
def test_no_page_takes_long(page: str) -> None:
    content, started = page.encode()[:PAGE_LIMIT], time.process_time()
    assert len(samples(content)) <= 1
    # Milliseconds; the library's parser took seconds for less.
    assert time.process_time() - started < 0.5


def test_of_very_many_samples_the_first_are_taken() -> None:
    assert len(samples(b"".join(line(f'a="{n}"').encode() for n in range(2_000)))) == 256
