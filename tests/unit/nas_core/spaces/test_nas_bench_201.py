from __future__ import annotations

import csv
import gzip
from pathlib import Path
from typing import ClassVar

import pytest

from nas_core.spaces import ArchitectureError, SearchSpace
from nas_core.spaces.nas_bench_201 import EDGES, OPS, NasBench201
from nas_core.testing.space_conformance import SpaceConformance

TABLE = Path(__file__).parents[3] / "assets" / "nb201_isomorphism.csv.gz"
SPACE = NasBench201()


class TestConformance(SpaceConformance):
    space: ClassVar[SearchSpace] = SPACE


@pytest.fixture(scope="module")
def published() -> list[tuple[str, int]]:
    """The published encodings in their order, each with the smallest index of the same network."""
    with gzip.open(TABLE, "rt") as file:
        return [(row["arch_str"], int(row["iso_rep"])) for row in csv.DictReader(file)]


def test_every_published_encoding_reads_back(published: list[tuple[str, int]]) -> None:
    assert len({text for text, _ in published}) == SPACE.size == 15_625
    for text, _ in published:
        assert SPACE.text(SPACE.parse(text)) == text


def test_the_same_networks_share_an_id_as_published(published: list[tuple[str, int]]) -> None:
    first: dict[str, int] = {}
    ours = [first.setdefault(SPACE.canonical_id(SPACE.parse(text)), i) for i, (text, _) in enumerate(published)]
    assert ours == [smallest for _, smallest in published]
    assert len(SPACE.distinct) == len(first) == 6_466


def test_a_skipped_convolution_is_the_same_on_either_path() -> None:
    one = SPACE.parse("|nor_conv_3x3~0|+|none~0|none~1|+|none~0|skip_connect~1|none~2|")
    other = SPACE.parse("|none~0|+|none~0|none~1|+|nor_conv_3x3~0|none~1|none~2|")
    assert SPACE.canonical_id(one) == SPACE.canonical_id(other)
    assert SPACE.canonical_id(one) != SPACE.canonical_id({**other, "0-3": "nor_conv_1x1"})


def test_ids_are_stable_over_versions() -> None:
    """Ids are in trials, labels and stored results."""
    text = "|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_3x3~1|skip_connect~2|"
    assert SPACE.canonical_id(SPACE.parse(text)) == "02c8166e8fa67fa3"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("|none~0|+|none~0|none~1|", "decision '0-3' is missing; give one of none"),
        ("|none~0|+|none~0|none~1|+|none~0|none~1|conv~2|", "decision '2-3' is 'conv'; it has to be one of none, skip"),
        ("|none|+|none~0|none~1|+|none~0|none~1|none~2|", "'none' in .* is not of the form operation~source"),
        ("none~0|+|none~0|none~1|+|none~0|none~1|none~2|", "not of the published form"),
        ("|none~0|none~0|+|none~0|none~1|+|none~0|none~1|none~2|", "not of the published form"),
        ("|none~0|+|none~0|none~1|+|none~0|none~1|none~2|+|none~0|", "'0-4' is no decision of nas-bench-201"),
    ],
)
def test_texts_that_are_refused(text: str, message: str) -> None:
    with pytest.raises(ArchitectureError, match=message):
        SPACE.parse(text)


def test_sampling_is_uniform_over_the_operations_of_an_edge() -> None:
    draws = TestConformance().draws()
    for edge in EDGES:
        assert {architecture[edge] for architecture in draws} == set(OPS)
