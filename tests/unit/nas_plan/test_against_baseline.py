from __future__ import annotations

import pytest
from tests.support.factories import DATASET, World, search

from nas_core.api.strategy import Objective
from nas_core.api.trial import Baseline
from nas_core.contract import TrialResult
from nas_plan.against_baseline import within_noise
from nas_plan.snapshot import Collected

ACCURACY = Objective(metric="val_accuracy")
ERROR = Objective(metric="val_rmse", goal="minimize")


def simple(name: str, error: float = 0.01, **metrics: float) -> Baseline:
    return Baseline.model_validate(
        {"name": name, "metrics": metrics, "errors": dict.fromkeys(metrics, error), "examples": 9}
    )


@pytest.mark.parametrize(
    ("objective", "values", "baseline", "told"),
    [
        (ACCURACY, [0.5, 0.99], [simple("linear", val_accuracy=0.96)], False),
        (ACCURACY, [0.5, 0.97], [simple("linear", val_accuracy=0.96)], True),
        # The best of the simple models counts.
        (ACCURACY, [0.9], [simple("majority", val_accuracy=0.3), simple("linear", val_accuracy=0.95)], True),
        (ERROR, [3.0, 9.0], [simple("linear", 0.1, val_rmse=4.0)], False),
        (ERROR, [3.9], [simple("linear", 0.1, val_rmse=4.0)], True),
        # Nothing is known.
        (ERROR, [3.9], [simple("linear", val_r2=0.4)], False),
        (ERROR, [3.9], [], False),
        (ERROR, [], [simple("linear", val_rmse=4.0)], False),
    ],
)
def test_it_is_told_when_simple_models_do_as_well(
    objective: Objective, values: list[float], baseline: list[Baseline], told: bool
) -> None:
    assert (within_noise(objective, values, baseline) is not None) == told


@pytest.mark.parametrize(("reached", "told"), [(0.999, False), (0.91, True)])
def test_a_search_says_so_when_it_ends(reached: float, told: bool) -> None:
    storage = {"bucket": "nas", "secretRef": {"name": "s"}}
    budget = {"maxTrials": 1, "parallelTrials": 1}
    w = World(search(task={"dataset": {"uri": "s3://data/photos/"}}, storage=storage, budget=budget))
    w.step()
    w.succeed("s-prepare-a1")
    dataset = DATASET.model_copy(update={"baseline": [simple("linear", val_accuracy=0.9)]})
    w.results["s-prepare-a1"] = Collected(TrialResult(outcome="Succeeded", dataset=dataset))
    w.step()
    w.succeed("s-00000-a1", reached)
    w.step()
    w.step()
    message = w.condition_message("Succeeded")
    assert w.condition("Succeeded") == ("True", "BudgetSpent")
    assert ("not better than the baseline linear, 0.9" in message) == told
