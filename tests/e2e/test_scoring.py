"""Zero-cost scores in real pods: packs are scored, the best are trained first, what breaks a limit costs no trial."""

from __future__ import annotations

import pytest
import yaml
from tests.support.bucket import Bucket
from tests.support.kube import Kube, condition
from tests.support.searches import check_record, check_replay
from tests.support.waiting import Waiter

from nas_core.api.trial import CandidateSpec
from nas_dev.paths import REPOSITORY
from nas_search import Scored
from nas_search.scoring import ranked

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("trial_image")]

PROXIES = ("jacob_cov", "synflow")


def test_the_best_scored_are_trained_first(kube: Kube, bucket: Bucket, wait_for: Waiter) -> None:
    search = yaml.safe_load((REPOSITORY / "examples/11-scores.yaml").read_text())
    spec = search["spec"]
    spec["storage"] = bucket.storage()
    spec["evaluation"] = {"epochs": 1, "prefilter": {"proxies": list(PROXIES), "candidates": 24, "keep": 3}}
    spec["budget"] = {"maxTrials": 8, "parallelTrials": 2}
    # About the median of the space.
    spec["constraints"] = [{"metric": "parameters", "max": 8000}]
    kube.apply(search)
    wait_for.condition("scores", "Succeeded", timeout=600)

    found, trials = kube.search("scores"), kube.trials("scores")
    scoring = [trial for trial in trials if trial["spec"]["work"] == "Score"]
    trained = [trial for trial in trials if trial["spec"]["work"] == "Train"]
    assert [trial["metadata"]["name"] for trial in scoring] == ["scores-s00000", "scores-s00012"]
    results = [
        Scored(CandidateSpec.model_validate(candidate), result["metrics"])
        for trial in scoring
        for candidate, result in zip(trial["spec"]["candidates"], trial["status"]["candidates"], strict=True)
        if result["outcome"] == "Succeeded"
    ]
    small = [one for one in results if one.metrics["parameters"] <= 8000]
    assert 3 <= len(small) < len(results)
    best = [one.candidate.id for one in ranked(small, PROXIES, [])][:3]
    # After five random ones that were scored, which may tell that the scores are worth nothing here.
    chosen = [trial["spec"]["candidates"][0] for trial in trained]
    by_score = [candidate["id"] for candidate in chosen if candidate["origin"] == "Score"]
    assert {candidate["id"] for candidate in chosen[:5]} <= {one.candidate.id for one in small}
    assert by_score == best[: len(by_score)]
    assert by_score or condition(found, "ScoresReliable")["status"] == "False"

    counts = found["status"]["trials"]
    assert counts["succeeded"] == 8 and counts["failed"] == 0
    assert found["status"]["plan"]["scored"] == 24
    check_record(trained, 8 + counts["refused"])
    check_replay(found, trials)
    for trial in trained:
        over = trial["status"]["metrics"]["parameters"] > 8000
        assert over != ("val_accuracy" in trial["status"]["metrics"])
