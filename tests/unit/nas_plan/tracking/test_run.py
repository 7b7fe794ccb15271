from __future__ import annotations

import pytest

from nas_plan.tracking.run import clean_name, params_of, tags_of


@pytest.mark.parametrize("name", ["val_accuracy", "architecture.0-1", "A.b_c-9"])
def test_usual_names_stay(name: str) -> None:
    assert clean_name(name) == name


def test_other_names_keep_apart() -> None:
    names = ["a b", "a/b", "a:b", "../a", "ä", "x" * 300, "x" * 301]
    clean = [clean_name(name) for name in names]
    assert len(set(clean)) == len(names)
    assert all(len(name) <= 250 and set(name) <= set("abx._-0123456789cdef") for name in clean)


def test_parameters_and_tags_have_their_lengths_and_no_holes() -> None:
    assert params_of({"a": "x" * 900, "b": None, "c": 0}) == {"a": "x" * 500, "c": "0"}
    assert tags_of({"a": "x" * 9000, "b": None, "c": "", "d": 0}) == {"nas.a": "x" * 4000, "nas.d": "0"}
