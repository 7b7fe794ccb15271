from __future__ import annotations

import re

import pytest

from nas_core.metric_names import ENDINGS, NETWORKS, PREDICTIONS, SPLITS, known, on_test_split, pattern


def test_a_metric_of_the_validation_split_has_one_on_the_test_split() -> None:
    assert on_test_split("val_accuracy") == "test_accuracy"


def test_what_no_split_changes_keeps_its_name() -> None:
    assert on_test_split("parameters") == "parameters"


NAMES = [
    *PREDICTIONS,
    *NETWORKS,
    *(f"{split}_{name}" for split in SPLITS for name in PREDICTIONS),
    *(f"any{ending}" for ending in ENDINGS),
]


@pytest.mark.parametrize("name", NAMES)
def test_pattern_and_table_know_the_same_names(name: str) -> None:
    of = known(name)
    assert of is not None
    assert re.search(pattern(lambda other: other == of), name)
    assert not re.search(pattern(lambda other: other.less_is_better != of.less_is_better), name)


@pytest.mark.parametrize("name", ["val_parameters", "my_loss", "lossy", "val_", "proxy_flops", "val_top5"])
def test_other_names_are_not_known(name: str) -> None:
    assert known(name) is None and not re.search(pattern(lambda _: True), name)
