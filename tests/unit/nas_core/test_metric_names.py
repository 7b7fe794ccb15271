from __future__ import annotations

from nas_core.metric_names import on_test_split


def test_a_metric_of_the_validation_split_has_one_on_the_test_split() -> None:
    assert on_test_split("val_accuracy") == "test_accuracy"


def test_what_no_split_changes_keeps_its_name() -> None:
    assert on_test_split("parameters") == "parameters"
