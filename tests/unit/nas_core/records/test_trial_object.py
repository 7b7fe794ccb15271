from __future__ import annotations

from tests.support.factories import meta

from nas_core.api.trial import CandidateSpec, NASTrialSpec
from nas_core.records.trial_object import build_trial


def test_a_trial_belongs_to_its_search_and_says_what_was_decided() -> None:
    candidate = CandidateSpec(id="c", architecture={"0-1": "none"}, origin="Random")
    spec = NASTrialSpec(index=7, basis=3, candidates=[candidate], seed=5)
    raw = build_trial(meta("s"), spec, "5eed")
    assert raw["metadata"]["name"] == "s-00007"
    assert raw["metadata"]["labels"] == {
        "app.kubernetes.io/managed-by": "nas-operator",
        "nas-operator.io/search": "s",
        "nas-operator.io/search-uid": "uid-s",
    }
    assert raw["metadata"]["annotations"] == {"nas-operator.io/asked": "5eed"}
    [owner] = raw["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["name"], owner["uid"], owner["controller"]) == ("NASSearch", "s", "uid-s", True)
    assert NASTrialSpec.model_validate(raw["spec"]) == spec
