from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from nas_client.errors import InvalidInput
from nas_client.importing import experiment
from nas_client.importing.experiment import (
    described_choices,
    metrics_of,
    moment,
    number,
    refuse_too_many,
    span,
    text_of,
    values_of,
)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (1, 1.0),
        ("0.5", 0.5),
        (" 1e-3 ", 0.001),
        (True, None),
        (None, None),
        ("x", None),
        ([1], None),
        (float("nan"), None),
        (float("-inf"), None),
        ("1e400", None),
        (10**400, None),
        (1.7976931348623157e308, None),
        ("9" * 10_000, None),
    ],
)
def test_numbers(raw: object, expected: float | None) -> None:
    assert number(raw) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (0.1, "0.1"),
        (3, "3"),
        (None, "None"),
        (False, "False"),
        ("x" * 257, None),
        (10**70, None),
        ([], None),
        ({}, None),
    ],
)
def test_texts(raw: object, expected: str | None) -> None:
    assert text_of(raw) == expected


def test_names_and_counts_are_bounded() -> None:
    many: list[tuple[Any, Any]] = [(f"p{place}", 1) for place in range(1000)]
    assert len(values_of(many)) == len(metrics_of(many)) == 544
    unnamed: list[tuple[Any, Any]] = [("", 1), ("x" * 257, 1), (5, 1)]
    assert not values_of(unnamed) and not metrics_of(unnamed)
    assert described_choices(list(range(20))) == "0, 1, 2, 3, 4, 5, 6, 7, …"
    assert described_choices([["a"], "b"]) == "…, b" and described_choices(5) == ""


def test_times() -> None:
    known = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
    for raw in ("2024-01-02T03:04:05Z", "2024-01-02 03:04:05", "2024-01-02T04:04:05+01:00", known.timestamp() * 1000):
        assert moment(raw) == known
    wrong: tuple[object, ...] = ("x", "2024-13-01", 10**30, float("nan"), None, True, [])
    assert [moment(raw) for raw in wrong] == [None] * len(wrong)
    assert span([None, known]) == (known, known)
    assert span([])[0].year == 1970


def test_too_many_trials_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(experiment, "MOST_TRIALS", 3)
    refuse_too_many(3, "a")
    with pytest.raises(InvalidInput, match="a has more than 3 trials"):
        refuse_too_many(4, "a")
