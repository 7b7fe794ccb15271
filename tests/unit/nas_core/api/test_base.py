from __future__ import annotations

import re
from datetime import timedelta

import pytest

from nas_core.api.base import DECIMAL_PATTERN, DURATION_PATTERN, api_name, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("45m", 2700),
        ("1h30m", 5400),
        ("2h", 7200),
        ("1h0m5s", 3605),
        ("100h", 360_000),
        ("2d", 172_800),
        ("1d12h", 129_600),
    ],
)
def test_durations_are_read(text: str, seconds: int) -> None:
    assert re.match(DURATION_PATTERN, text)
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "0s", "90", "m", "1w", "0d", "-1h", "1h 30m", "1.5h", "30m1h"])
def test_what_is_no_duration_is_refused_by_the_schema(text: str) -> None:
    assert not re.match(DURATION_PATTERN, text)


@pytest.mark.parametrize("text", ["", "90", "m", "1w", "-1h", "h1"])
def test_parsing_what_is_no_duration_names_it(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(repr(text))):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "good"), [("1", True), ("-0.5", True), ("1e-3", True), ("", False), ("x", False), ("1.", False)]
)
def test_decimals(text: str, good: bool) -> None:
    assert bool(re.match(DECIMAL_PATTERN, text)) is good


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("max_trials", "maxTrials"),
        ("image_id", "imageID"),
        ("search_uid", "searchUID"),
        ("max_gpu_hours", "maxGPUHours"),
        ("gpu_seconds", "gpuSeconds"),
        ("nsga2", "nsga2"),
    ],
)
def test_names_of_fields_keep_acronyms_in_one_case(field: str, name: str) -> None:
    assert api_name(field) == name
