from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from nas_core.table_values import MOST_CATEGORIES
from nas_model.preprocessing.values import Values
from nas_trial.data.tables.profile import FEW_NUMBERS, Profile


def profile(*batches: list[Any] | pa.Array, profile: Profile | None = None) -> Profile:
    made = profile or Profile()
    for batch in batches:
        array = batch if isinstance(batch, pa.Array) else pa.array(batch)
        made.add(Values(array), made.rows, 0, None)
    return made


def test_what_a_column_holds_is_counted_over_all_batches() -> None:
    found = profile(["1", "x", None], ["NA", "2", "y"])
    assert (found.rows, found.missing, found.present, found.numbers) == (6, 1, 5, 2)
    assert (found.words.count, found.words.row, found.words.value) == (1, 3, "NA")
    assert (found.other.count, found.other.row, found.other.value) == (2, 1, "x")
    assert list(found.names.places) == ["1", "x", "NA", "2", "y"]


def test_rows_without_the_column_are_missing() -> None:
    found = Profile()
    found.seen(2)
    profile([5], profile=found)
    found.seen(4)
    assert (found.rows, found.missing, found.numbers) == (4, 3, 1)


@pytest.mark.parametrize(
    ("batches", "right"),
    [
        ([["true", "FALSE"], [None, "True"]], True),
        ([[True, None], [False]], True),
        ([["true"], ["NA"]], False),
        ([["no"], ["true", "true"]], False),
        ([[None, None]], False),
    ],
)
def test_true_and_false(batches: list[list[Any]], right: bool) -> None:
    assert profile(*batches).is_boolean is right


def test_names_are_kept_up_to_a_bound() -> None:
    texts = [f"t{i}" for i in range(MOST_CATEGORIES + 1)]
    assert not profile(texts[:-1]).names.too_many
    assert profile(texts).names.too_many
    assert profile(list(range(FEW_NUMBERS + 1))).names.too_many, "of numbers few are of use"
    assert len(profile(texts, profile=Profile("categorical")).names.places) == MOST_CATEGORIES + 1


@pytest.mark.parametrize(
    ("batches", "row_number", "growing"),
    [
        ([[0, 1, 2], [3, 4]], True, True),
        ([["1", "2"], ["3", "4"]], True, True),
        ([[0, 1, 2], [4, 5]], False, True),
        ([[5, 6], [7, 8]], False, True),
        ([[1, 3], [2, 4]], False, False),
        ([[1, None], [3, 4]], False, False),
        ([[1, 2], ["x", "4"]], False, False),
    ],
)
def test_what_counts_the_rows(batches: list[list[Any]], row_number: bool, growing: bool) -> None:
    found = profile(*batches)
    assert (found.row_number, found.growing) == (row_number, growing)


def test_a_row_number_may_begin_anew_with_each_file() -> None:
    found = Profile()
    for start, file_start, values in ((0, 0, [0, 1]), (2, 0, [2]), (3, 3, [0, 1])):
        found.add(Values(pa.array(values)), start, file_start, None)
    assert found.row_number and not found.growing


def test_rows_are_counted_by_class() -> None:
    found = Profile()
    found.add(Values(pa.array(["a", "b", None, "a"])), 0, 0, np.array([0, 1, 1, -1]))
    assert found.by_class == {0: 1, 257: 1}


def test_lists_are_not_usable() -> None:
    found = profile([["a"]], ["x"])
    assert found.unusable == "list<item: string>" and found.rows == 2
