from __future__ import annotations

from xml.etree import ElementTree

import pytest
from tests.support.models import begun

from nas_client.lineage import Box, as_mermaid, as_svg, as_text, steps
from nas_core.api.trial import InitialWeights


@pytest.fixture
def boxes() -> list[Box]:
    model = begun()
    assert model.status.lineage is not None
    return steps(model, model.status.lineage)


def test_it_goes_from_the_data_to_the_model(boxes: list[Box]) -> None:
    titles = ["data", "search s", "parents", "candidate s-00000", "trained: trial s-00000", "model digits 1"]
    assert [box.title for box in boxes] == titles
    text = as_text(boxes)
    for part in ("sha256:5eed", "uid-s", "s-00003", "c0ffee", "kubectl", "nas-trial@sha256:1", "stage: candidate"):
        assert part in text


def test_a_retraining_is_told_from_its_candidate() -> None:
    model = begun()
    assert model.status.lineage is not None
    lineage = model.status.lineage.model_copy(update={"trial": "s-r9-1", "parents": []})
    assert [box.title for box in steps(model, lineage)][2:4] == ["candidate s-00000", "trained again: trial s-r9-1"]


def test_it_shows_what_the_network_started_from() -> None:
    model = begun()
    assert model.status.lineage is not None
    weights = InitialWeights(source="s3://nas/m/", sha256="a" * 64, inherited=18_264, trained=165)
    [found] = [
        box
        for box in steps(model, model.status.lineage.model_copy(update={"initial_weights": weights}))
        if box.title == "initial weights"
    ]
    assert found.lines[-1] == "taken: 18,264 parameters inherited, 165 trained"


def test_mermaid_joins_the_boxes(boxes: list[Box]) -> None:
    lines = as_mermaid(boxes).splitlines()
    assert lines[0] == "flowchart TD" and lines[-1] == "  n4 --> n5" and lines[1].startswith('  n0["data<br>hash: ')


def test_what_users_write_is_no_markup() -> None:
    strange = [Box('a"]<b>|', ("<script>",))]
    assert ElementTree.fromstring(as_svg(strange)) is not None
    assert "<script>" not in as_svg(strange) and '"]<b>' not in as_mermaid(strange)


def test_svg_has_a_box_for_each_step(boxes: list[Box]) -> None:
    drawing = ElementTree.fromstring(as_svg(boxes))
    names = [part.tag.rpartition("}")[2] for part in drawing]
    assert (names.count("rect"), names.count("path")) == (6, 5)
