from __future__ import annotations

import pyarrow as pa

from nas_model.preprocessing.values import Values
from nas_trial.data.tables.names import Names, final


def test_places_are_those_of_all_batches() -> None:
    names = Names()
    assert names.add(Values(pa.array(["b", None, "a"]))).tolist() == [0, -1, 1]
    assert names.add(Values(pa.array(["a", "c", "b"]))).tolist() == [1, 2, 0]
    assert list(names.places) == ["b", "a", "c"]


def test_too_many_are_not_kept() -> None:
    names = Names(most=2)
    names.add(Values(pa.array(["a", "b"])))
    assert not names.too_many
    assert names.add(Values(pa.array(["c"]))).tolist() == [-1]
    assert names.too_many and not names.places
    assert names.add(Values(pa.array(["a"]))).tolist() == [-1]


def test_true_and_false_are_one_name_each() -> None:
    places = {"true": 0, "False": 1, "TRUE": 2}
    assert final(places, booleans=False)[0] == ("true", "False", "TRUE")
    names, new = final(places, booleans=True)
    assert names == ("True", "False")
    assert new[[0, 1, 2, -1]].tolist() == [0, 1, 0, -1]
