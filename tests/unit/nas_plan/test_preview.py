from __future__ import annotations

from typing import Any

import pytest
from tests.support.factories import search

from nas_plan.preview import preview, written_size


def test_a_preview_counts_what_the_budget_allows() -> None:
    spec = search(budget={"maxTrials": 50}, evaluation={"epochs": 4}).spec
    assert spec is not None
    plan = preview(spec)
    assert (plan.candidates, plan.epochs, plan.space_size, plan.strategy) == (50, 200, "15625", "random")


def test_no_more_candidates_than_the_space_has() -> None:
    spec = search(budget={"maxTrials": 100_000}).spec
    assert spec is not None
    assert preview(spec).candidates == 15_625


@pytest.mark.parametrize(
    ("gpus", "evaluation", "budget", "hours"),
    [
        (None, {}, {}, "0"),
        ("2", {}, {}, None),
        ("2", {"maxTrialDuration": "30m"}, {}, "20"),  # 10 trials x 2 attempts x 0.5 h x 2
        ("2", {"maxTrialDuration": "30m"}, {"maxDuration": "2h"}, "16"),  # 4 at a time x 2 h x 2
        ("2", {"maxTrialDuration": "30m"}, {"maxDuration": "2h", "maxGPUHours": "1.5"}, "1.5"),
        ("1", {"maxTrialDuration": "1s"}, {}, "0.01"),
        ("0", {"maxTrialDuration": "30m"}, {}, "0"),
    ],
)
def test_gpu_hours_are_bounded_by_the_lesser_limit(
    gpus: str | None, evaluation: dict[str, Any], budget: dict[str, Any], hours: str | None
) -> None:
    limits = {"limits": {"nvidia.com/gpu": gpus, "memory": "1Gi"}} if gpus else {}
    spec = search(
        budget={"maxTrials": 10, "parallelTrials": 4, **budget},
        evaluation=evaluation,
        trialTemplate={"maxAttempts": 2, "resources": limits},
    ).spec
    assert spec is not None
    assert preview(spec).gpu_hours_at_most == hours


def test_the_most_that_a_search_may_ask_for_has_a_plan() -> None:
    """Each number is the greatest that its field takes; the status has room for what they come to."""
    longest = "999999h999999m999999s"
    spec = search(
        searchSpace={"name": "nas-bench-301"},
        budget={"maxTrials": 100_000, "parallelTrials": 1000, "maxDuration": longest},
        evaluation={"epochs": 10_000, "maxTrialDuration": longest},
        strategy={"rungs": {"reductionFactor": 2}},
        retrain={"top": 20, "epochs": 100_000},
        trialTemplate={
            "maxAttempts": 16,
            "resources": {"limits": {f"{letter}.example.com/gpu": "999999" for letter in "abcdefghijklmnop"}},
        },
    ).spec
    assert spec is not None
    plan = preview(spec)
    assert plan.epochs == 100_000 * 10_000 + 20 * 100_000
    assert float(plan.gpu_hours_at_most or 0) == pytest.approx(1000 * 1_016_944 * 16 * 999_999, rel=1e-3)


@pytest.mark.parametrize(
    ("size", "written"),
    [(None, None), (99, "99"), (10**15, "1e+15"), (123456 * 10**13, "1.23e+18"), (10**315, "1e+315")],
)
def test_a_size_is_written_however_large_it_is(size: int | None, written: str | None) -> None:
    assert written_size(size) == written
