from __future__ import annotations

import math
from typing import Any

import pytest
from tests.support.factories import DATASET, search

from nas_core.api.search import NASSearchSpec
from nas_core.api.trial import CandidateSpec, NASTrialSpec
from nas_core.contract import CandidateResult, TrialResult
from nas_plan.result_check import check_result


def spec(**fields: Any) -> NASSearchSpec:
    return search(**fields, trialTemplate={"image": "mine:1"}).spec


SPEC = spec(objectives=[{"metric": "val_accuracy"}, {"metric": "latency_ms", "goal": "minimize"}])
ONE = spec(objectives=[{"metric": "m"}], constraints=[{"metric": "parameters", "max": 100}])


def of(*ids: str) -> NASTrialSpec:
    """Return a trial of candidates with these ids."""
    candidates = [CandidateSpec(id=one, architecture={}, origin="Random") for one in ids]
    return NASTrialSpec(index=0, basis=0, candidates=candidates, seed=0)


@pytest.mark.parametrize(
    ("metrics", "reason", "words"),
    [
        ({"val_accuracy": 0.5, "latency_ms": 3.0}, "", ""),
        ({"val_accuracy": 0.5, "loss": 1.0}, "MetricMissing", "no 'latency_ms', which objectives name; it reported: "),
        ({}, "MetricMissing", "it reported: none"),
        ({"val_accuracy": math.nan, "latency_ms": 3.0}, "MetricNotFinite", "val_accuracy=nan"),
        ({"val_accuracy": 0.5, "latency_ms": math.inf}, "MetricNotFinite", "latency_ms=inf"),
    ],
)
def test_a_result_without_finite_objectives_is_a_failure(metrics: dict[str, float], reason: str, words: str) -> None:
    found = check_result(of("a"), TrialResult(outcome="Succeeded", metrics=metrics), SPEC)
    assert (found.outcome, found.reason) == ("Failed" if reason else "Succeeded", reason)
    assert words in found.message


@pytest.mark.parametrize(
    ("metrics", "reason", "words"),
    [
        ({"m": 1.0, "parameters": 200.0}, "", ""),
        (
            {"m": 1.0, "params": 50.0},
            "MetricMissing",
            "no 'parameters', which constraints name; it reported: m, params",
        ),
        ({"m": 1.0, "parameters": math.nan}, "MetricNotFinite", "parameters=nan"),
    ],
)
def test_what_cannot_be_held_against_the_constraints_is_a_failure(
    metrics: dict[str, float], reason: str, words: str
) -> None:
    found = check_result(of("a"), TrialResult(outcome="Succeeded", metrics=metrics), ONE)
    assert (found.outcome, found.reason) == ("Failed" if reason else "Succeeded", reason)
    assert words in found.message


def test_a_failure_stays_one_whatever_it_reports() -> None:
    failed = TrialResult(outcome="Failed", reason="Boom", metrics={})
    assert check_result(of("a"), failed, SPEC) == failed


def test_of_several_candidates_each_is_judged_and_the_best_stands_for_all() -> None:
    good, better = ({"val_accuracy": value, "latency_ms": 3.0} for value in (0.5, 0.7))
    told = [
        CandidateResult(id="b", outcome="Succeeded", metrics=better, checkpoint="s3://b/b"),
        CandidateResult(id="a", outcome="Succeeded", metrics=good, checkpoint="s" * 1501),
        CandidateResult(id="c", outcome="Succeeded", metrics={"val_accuracy": 0.9}),
        CandidateResult(id="e", outcome="Failed", reason="Boom", message="why", metrics={"val_accuracy": 1.0}),
    ]
    found = check_result(of("a", "b", "c", "d", "e"), TrialResult(outcome="Succeeded", candidates=told), SPEC)
    assert (found.outcome, found.metrics, found.checkpoint) == ("Succeeded", better, "s3://b/b")
    assert [one.id for one in found.candidates] == ["a", "b", "c", "d", "e"]
    assert [one.reason for one in found.candidates] == ["", "", "MetricMissing", "ResultMissing", "Boom"]
    assert found.candidates[0].checkpoint is None
    assert "evaluation.candidatesPerTrial: 1" in found.candidates[3].message


def test_when_no_candidate_is_of_use_the_trial_has_failed() -> None:
    found = check_result(of("a", "b"), TrialResult(outcome="Succeeded", metrics={"val_accuracy": 0.5}), SPEC)
    assert (found.outcome, found.reason, found.metrics, found.candidates) == ("Failed", "ResultMissing", {}, [])
    assert "candidatesPerTrial" in found.message


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("epochs", -1),
        ("epochs", 10**30),
        ("resumed_from_epoch", -1),
        ("resumed_from_epoch", 10**30),
        ("checkpoint", "s" * 1501),
        ("bundle", "s" * 1501),
        ("dataset_hash", "h" * 81),
    ],
)
def test_what_the_api_server_would_refuse_is_dropped(field: str, value: object) -> None:
    result = TrialResult.model_validate(
        {"outcome": "Succeeded", "metrics": {"m": 1.0, "parameters": 50.0}, field: value}
    )
    found = check_result(of("a"), result, ONE)
    assert found == result.model_copy(update={field: None}) and getattr(result, field) == value


def refused(**metrics: float) -> TrialResult:
    return TrialResult(outcome="Refused", reason="ConstraintBroken", message="parameters is 200", metrics=metrics)


def test_a_refusal_stands_when_a_constraint_is_broken() -> None:
    assert check_result(of("a"), refused(parameters=200.0), ONE) == refused(parameters=200.0)
    for metrics in ({"parameters": 50.0}, {"flops": 200.0}, {}):
        found = check_result(of("a"), refused(**metrics), ONE)
        assert (found.outcome, found.reason) == ("Failed", "RefusalUnfounded")


def test_of_several_candidates_a_refusal_comes_before_a_failure_and_after_a_success() -> None:
    told = [
        CandidateResult(id="a", outcome="Failed", reason="LossNotFinite"),
        CandidateResult(id="b", outcome="Refused", message="too large", metrics={"parameters": 200.0}),
        CandidateResult(id="c", outcome="Succeeded", metrics={"m": 1.0, "parameters": 50.0}),
    ]
    found = check_result(of("a", "b", "c"), TrialResult(outcome="Succeeded", candidates=told), ONE)
    assert (found.outcome, [one.outcome for one in found.candidates]) == (
        "Succeeded",
        ["Failed", "Refused", "Succeeded"],
    )
    found = check_result(of("a", "b"), TrialResult(outcome="Refused", candidates=told[:2]), ONE)
    assert (found.outcome, found.message) == ("Refused", "all candidates: too large")
    assert [one.outcome for one in found.candidates] == ["Failed", "Refused"]


def test_of_preparing_only_a_data_set_counts_and_what_is_odd_about_it() -> None:
    preparing = NASTrialSpec(index=0, basis=0, work="Prepare", seed=0)
    odd = DATASET.model_copy(update={"warnings": ["b", "a"]})
    found = check_result(preparing, TrialResult(outcome="Succeeded", dataset=odd, warnings=["a"]), SPEC)
    assert (found.outcome, found.dataset, found.dataset_hash) == ("Succeeded", odd, odd.hash)
    assert found.warnings == ["a", "b"]
    none = check_result(preparing, TrialResult(outcome="Succeeded", metrics={"val_accuracy": 1.0}), SPEC)
    assert (none.outcome, none.reason) == ("Failed", "ResultInvalid")
    failed = TrialResult(outcome="Failed", reason="DatasetInvalid", message="row 3", dataset=odd)
    assert check_result(preparing, failed, SPEC) == failed.model_copy(update={"dataset": None})


def test_a_data_set_is_of_preparing_alone() -> None:
    told = TrialResult(outcome="Succeeded", metrics={"val_accuracy": 0.5, "latency_ms": 3.0}, dataset=DATASET)
    assert check_result(of("a"), told, SPEC).dataset is None
