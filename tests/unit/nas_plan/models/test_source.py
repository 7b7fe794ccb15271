from __future__ import annotations

import pytest
from tests.support.factories import raw_trial
from tests.support.models import BUNDLE, ENDED, STORAGE, model, retrained, source

from nas_core.api.storage import Storage
from nas_core.records.search import ReadableSearch
from nas_core.records.trial import TrialView
from nas_plan.models.source import Unusable, candidate_of, export_of, files_prefix, lineage_of, model_source, words


def test_a_retraining_is_taken_by_its_bundle() -> None:
    found = source()
    assert isinstance(found.search, ReadableSearch) and found.search.storage
    assert model_source(found.search.meta, found.search.storage, found.trial).bundle == BUNDLE
    assert export_of(found).trial is found.trial


@pytest.mark.parametrize(
    "forged",
    [
        "s3://other/team/ns/s/uid-s/trials/s-00000/bundle/a001/",
        "s3://nas/team/elsewhere/s/uid-s/trials/s-00000/bundle/a001/",
        "s3://nas/team/ns/s/uid-s/trials/s-00001/bundle/a001/",
        "s3://nas/team/ns/s/uid-s/trials/s-00000/../s-00001/bundle/a001/",
    ],
)
def test_an_address_where_the_trial_does_not_write_is_refused(forged: str) -> None:
    with pytest.raises(Unusable, match=r"which is not below s3://nas/team/ns/s/uid-s/trials/s-00000/, where it writes"):
        export_of(source(retrained(bundle=forged)))


def test_what_has_no_weights_makes_no_model() -> None:
    with pytest.raises(Unusable, match="left no bundle"):
        export_of(source(retrained(bundle=None)))
    with pytest.raises(Unusable, match="has no weights"):
        export_of(source(TrialView.of(raw_trial(0, ENDED | {"bundle": None, "checkpoint": None}))))
    with pytest.raises(Unusable, match=r"no spec\.storage"):
        export_of(source(storage=None))
    with pytest.raises(Unusable, match="a trainer of its own"):
        export_of(source(trialTemplate={"image": "mine"}))
    with pytest.raises(Unusable, match="has not succeeded"):
        export_of(source(retrained(conditions=[])))


def test_the_lineage_says_where_it_comes_from() -> None:
    lineage = lineage_of(source())
    assert (lineage.search, lineage.search_uid, lineage.search_generation) == ("s", "uid-s", 1)
    assert (lineage.trial, lineage.parents, lineage.origin) == ("s-00000", [3], "Mutation")
    assert (lineage.dataset_hash, lineage.image_id) == ("sha256:5eed", "nas-trial@sha256:1")
    assert (lineage.seed, lineage.data_seed, lineage.git_commit, lineage.field_manager) == (3, 1, "c0ffee", "kubectl")
    assert words(lineage)["parents"] == "3" and not {"packages", "initialWeights"} & words(lineage).keys()


def test_the_lineage_says_what_the_network_started_from() -> None:
    weights = {"source": "s3://nas/m/", "sha256": "a" * 64, "inherited": 90, "trained": 10}
    lineage = lineage_of(source(retrained(initialWeights=weights)))
    assert lineage.initial_weights is not None and lineage.initial_weights.to_dict() == weights
    assert words(lineage)["initialWeights"].startswith(f"source s3://nas/m/, sha256 {'a' * 64}, inherited 90")


def test_of_several_candidates_the_one_with_the_weights_is_taken() -> None:
    raw = raw_trial(0, ENDED | {"checkpoint": "s3://nas/two"})
    raw["spec"]["candidates"] = [{"id": n, "architecture": {}, "origin": "Random"} for n in ("one", "two")]
    raw["status"]["candidates"] = [{"outcome": "Succeeded", "checkpoint": f"s3://nas/{n}"} for n in ("one", "two")]
    assert candidate_of(TrialView.of(raw)).id == "two"


@pytest.mark.parametrize(
    ("address", "prefix"),
    [
        ("s3://nas/team/ns/models/digits/1-uid-digits/0a1b/", "team/ns/models/digits/1-uid-digits/0a1b/"),
        ("s3://nas/team/ns/models/other/1-uid-other/0a1b/", "team/ns/models/digits/1-uid-digits/"),
        ("s3://nas/team/ns/models/digits/1-uid-digits/../../other/", "team/ns/models/digits/1-uid-digits/"),
        (None, "team/ns/models/digits/1-uid-digits/"),
    ],
)
def test_files_are_looked_for_below_the_model_alone(address: str | None, prefix: str) -> None:
    found = model(status={"address": address} if address else None)
    assert files_prefix(found, Storage.model_validate(STORAGE)) == prefix
