from __future__ import annotations

from tests.support.models import BUNDLE, begun, source

from nas_backend.model_input import model_input
from nas_core.records.objects import ReadableSearch
from nas_core.states import Work


def test_an_export_reads_what_its_trial_read_and_the_model_that_is_asked_for() -> None:
    found = source(constraints=[{"metric": "parameters", "max": 9}])
    assert isinstance(found.search, ReadableSearch)
    given = model_input(begun(), found.search, found.trial)
    assert given.work is Work.EXPORT and given.identity.trial == "model-uid-digits" and given.constraints == []
    assert given.evaluation.epochs == 10
    request = given.model
    assert request is not None and request.prefix == "team/ns/models/digits/1-uid-digits/"
    assert request.source.bundle == BUNDLE and request.source.metrics["test_accuracy"] == 0.75
    assert request.lineage["searchUID"] == "uid-s"
