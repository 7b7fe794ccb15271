from __future__ import annotations

import numpy as np
import pytest

from nas_client.agreement import MOST_SEEDS, QUANTILES, Training, Verdict, judge, same

RECORDED = Training({"val_accuracy": 0.9, "val_loss": 0.3, "train_seconds": 4.0}, "sha256:a", "w")


def verdict(*again: Training, deterministic: bool = False, recorded: Training = RECORDED) -> Verdict:
    return judge(recorded, again, deterministic, ["val_accuracy"])


def training(accuracy: float, loss: float = 0.3, data: str | None = "sha256:a", weights: str | None = "w") -> Training:
    return Training({"val_accuracy": accuracy, "val_loss": loss, "train_seconds": 9.0}, data, weights)


@pytest.mark.parametrize("deterministic", [True, False])
def test_equal_numbers_and_weights_agree_whatever_the_times(deterministic: bool) -> None:
    found = verdict(training(0.9), deterministic=deterministic)
    assert (found.agrees, found.why) == (True, "metrics and weights are the same, bit for bit")
    assert [row.metric for row in found.metrics] == ["val_accuracy", "val_loss"]


def test_weights_that_are_not_known_are_not_compared() -> None:
    assert verdict(training(0.9, weights=None)).why == "metrics are the same, bit for bit"


def test_in_deterministic_mode_the_last_bit_counts() -> None:
    found = verdict(training(float(np.nextafter(0.9, 1))), deterministic=True)
    assert (found.agrees, found.why) == (False, "the metrics are not the same")
    assert [(row.metric, row.agrees) for row in found.metrics] == [("val_accuracy", False), ("val_loss", True)]
    other = verdict(training(0.9, weights="other"), deterministic=True)
    assert (other.agrees, other.why) == (False, "the weights are not the same")


def test_else_a_value_within_the_spread_agrees_and_only_what_is_decisive_counts() -> None:
    again = [training(0.88, 5.0), training(0.91, 6.0), training(0.9, 7.0)]
    found = verdict(*again)
    assert (found.agrees, found.why) == (True, "within the spread of 3 seeds")
    assert [(row.metric, row.agrees) for row in found.metrics] == [("val_accuracy", True), ("val_loss", None)]


def test_a_value_outside_of_the_spread_does_not() -> None:
    found = verdict(training(0.50), training(0.51), training(0.52))
    assert (found.agrees, found.why) == (False, "outside of the spread of 3 seeds: val_accuracy")


def test_where_all_trainings_have_one_value_it_has_to_be_that() -> None:
    assert not verdict(training(0.8), training(0.8), training(0.8)).agrees
    assert verdict(training(0.9, 1.0), training(0.9, 2.0), training(0.9, 3.0)).agrees


def test_without_a_decisive_metric_all_count() -> None:
    found = judge(RECORDED, [training(0.89, 0.3), training(0.91, 0.3)], False, ["test_accuracy"])
    assert {row.metric: row.agrees for row in found.metrics} == {"val_accuracy": True, "val_loss": True}


def test_a_metric_that_is_missing_again_does_not_agree_and_further_ones_are_ignored() -> None:
    more = Training({**RECORDED.metrics, "val_f1": 0.1}, "sha256:a", "w")
    assert same(RECORDED, more)
    assert not verdict(Training({"val_loss": 0.3}), Training({"val_loss": 0.3})).agrees


def test_one_training_that_differs_says_nothing_of_the_spread() -> None:
    assert not verdict(training(0.89)).agrees


def test_on_other_data_nothing_agrees() -> None:
    found = verdict(training(0.9, data="sha256:b"))
    assert (found.agrees, found.why) == (False, "it was trained on other data")
    assert found.differences == ("data: sha256:a then, sha256:b now",)
    assert verdict(training(0.9, data=None)).agrees


def test_what_the_trainings_were_done_with_is_compared() -> None:
    recorded = Training({"val_loss": 0.3}, made_with={"torch": "2.8", "GPUs": "1"})
    again = Training({"val_loss": 0.3}, made_with={"torch": "2.9", "GPUs": "1", "threads": "2"})
    found = verdict(again, recorded=recorded)
    assert found.agrees
    assert found.differences == ("torch: 2.8 then, 2.9 now", "threads: not known then, 2 now")
    assert verdict(Training({"val_loss": 0.3}), recorded=recorded).differences == ()


@pytest.mark.parametrize("seeds", range(2, MOST_SEEDS + 1))
def test_nineteen_of_twenty_records_agree_by_chance(seeds: int) -> None:
    rng = np.random.default_rng(seeds)
    draws = rng.normal(size=(1000, seeds + 1))
    found = [
        judge(Training({"x": own}), [Training({"x": float(value)}) for value in others], False, ["x"]).agrees
        for own, *others in draws.tolist()
    ]
    assert np.mean(found) == pytest.approx(0.95, abs=0.025)
    assert len(QUANTILES) == MOST_SEEDS - 1
