from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from tests.support.held_files import HeldFiles

from nas_model.preprocessing.values import Values
from nas_trial.data.tables.inputs import open_table
from nas_trial.data.tables.table import Table
from nas_trial.data.tables.targets import Collector, Flags, Given, Groups, Labels, Numeric, side_by_side
from nas_trial.errors import DatasetInvalid


@pytest.fixture
def table() -> Table:
    files = HeldFiles({"d.csv": "x\n" + "1\n" * 10})
    made = open_table(files, ["d.csv"], "csv")
    assert [start for start, _ in made.batches(None)] == [0]
    return made


def fill(collector: Collector, *batches: pa.Array) -> None:
    start = 0
    for batch in batches:
        collector.add(Values(batch), start)
        start += len(batch)


def test_labels_are_places_in_their_names() -> None:
    labels = Labels("y", "here")
    fill(labels, pa.array(["b", None]), pa.array([1, 2]), pa.array(["1.0", "None"]))
    assert labels.last.tolist() == [1, 3]
    places, names = labels.result(booleans=labels.is_boolean)
    assert names == ("b", "1", "2", "None")
    assert places.tolist() == [0, -1, 1, 2, 1, 3]


def test_labels_of_true_and_false() -> None:
    labels = Labels("y", "here")
    fill(labels, pa.array(["true", "FALSE"]), pa.array([True, None]))
    assert labels.is_boolean
    places, names = labels.result(booleans=True)
    assert (places.tolist(), names) == ([0, 1, 0, -1], ("True", "False"))


def test_lists_are_no_labels() -> None:
    with pytest.raises(DatasetInvalid, match="here: column 'y' holds values of type list"):
        fill(Labels("y", "here"), pa.array([["a"]]))


def test_numbers_and_dates(table: Table) -> None:
    numbers = Numeric("y", table, "here", "correct it")
    fill(numbers, pa.array(["1700000000", None]), pa.array(["1970-01-02", "NA"]))
    assert np.array_equal(numbers.result(), [1.7e9, np.nan, 86400, np.nan], equal_nan=True)
    with pytest.raises(DatasetInvalid, match="here: column 'y', row 2: 'ten' is no finite number; correct it"):
        fill(Numeric("y", table, "here", "correct it"), pa.array(["1", "ten"]))
    with pytest.raises(DatasetInvalid, match=r"column 'y', row 2: '-3.4e38' is beyond 1e30; correct it, or remove"):
        fill(Numeric("y", table, "here", "correct it"), pa.array(["1", "-3.4e38"]))


def test_several_labels_are_one_and_zero(table: Table) -> None:
    flags = Flags("y", table, "here")
    fill(flags, pa.array(["true", "0", None]), pa.array([True, False]), pa.array([1.0]))
    assert np.array_equal(flags.result(), [1, 0, np.nan, 1, 0, 1], equal_nan=True)
    with pytest.raises(DatasetInvalid, match="column 'y', row 2: 'yes' is none of true, false, 1 and 0; correct it"):
        fill(Flags("y", table, "here"), pa.array(["1", "yes"]))


def test_splits_by_their_words(table: Table) -> None:
    given = Given("split", table, "here")
    fill(given, pa.array(["TRAIN", " validation"]), pa.array(["test"]))
    assert given.result().tolist() == ["train", "val", "test"]
    for word in ("rest", None):
        with pytest.raises(DatasetInvalid, match=f"column 'split', row 1: {word!r} is none of train, val and test"):
            fill(Given("split", table, "here"), pa.array([word], pa.string()))


def test_groups_are_equal_numbers(table: Table) -> None:
    groups = Groups("patient", table, "here")
    fill(groups, pa.array(["7", "x"]), pa.array([7, 8]))
    a, b, c, d = groups.result().tolist()
    assert a == c and len({a, b, d}) == 3
    with pytest.raises(DatasetInvalid, match="column 'patient', row 2: there is no group; fill it, or remove the row"):
        fill(Groups("patient", table, "here"), pa.array(["a", None]))


def test_several_targets_are_side_by_side() -> None:
    assert side_by_side([np.zeros(3)]).shape == (3,)
    assert side_by_side([np.zeros(3), np.ones(3)]).tolist() == [[0, 1]] * 3
