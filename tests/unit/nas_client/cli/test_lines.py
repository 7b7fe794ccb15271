from dataclasses import replace

from tests.support.factories import DATASET
from tests.unit.nas_client.conftest import condition, failed, preparing, raw_trial, succeeded

from nas_client.cli.lines import changes, still
from nas_client.search_state import SearchState, trial_state
from nas_core.api.search_status import ChosenSetting, Plan, TargetStatus
from nas_core.api.trial import Baseline
from nas_core.records.trial import TrialView


def with_targets(state: SearchState, targets: list[TargetStatus]) -> SearchState:
    status = state.status.model_copy(update={"targets": targets})
    return SearchState(replace(state.search, status=status), state.trials)


def test_the_first_lines_tell_everything(half_way: SearchState) -> None:
    assert changes(None, half_way) == [
        "Running: 1 of 4 trials have ended",
        "fashion-00000 succeeded: val_accuracy=0.8125",
        "fashion-00001 running",
        "best so far: fashion-00000 val_accuracy=0.8125 |skip~0|",
    ]


def test_nothing_new_gives_no_line(half_way: SearchState) -> None:
    assert changes(half_way, half_way) == []


def test_only_the_trial_that_changed_is_told(half_way: SearchState) -> None:
    ended = TrialView.of(succeeded(1, val_accuracy=0.75))
    assert changes(half_way, SearchState(half_way.search, (half_way.trials[0], ended))) == [
        "fashion-00001 succeeded: val_accuracy=0.75"
    ]


def test_a_failed_trial_says_why(half_way: SearchState) -> None:
    gone = TrialView.of(failed(1, "used more memory than allowed"))
    assert changes(half_way, SearchState(half_way.search, (half_way.trials[0], gone))) == [
        "fashion-00001 failed: OOMKilled: used more memory than allowed"
    ]


def test_a_stopped_trial_says_what_was_seen(half_way: SearchState) -> None:
    raw = succeeded(1, val_accuracy=0.5)
    raw["status"]["stopEvidence"] = {"rule": "median", "epoch": 2, "value": 0.5, "threshold": 0.75, "others": 6}
    stopped = TrialView.of(raw)
    assert trial_state(stopped) == "Stopped early"
    assert changes(half_way, SearchState(half_way.search, (half_way.trials[0], stopped))) == [
        "fashion-00001 stopped after epoch 2, by median: 0.5 against 0.75 of 6 others: val_accuracy=0.5"
    ]


def test_waiting_for_a_pod_is_no_news(half_way: SearchState) -> None:
    waiting = TrialView.of(raw_trial(2, conditions=[condition("Progressing", "True", "Pending")]))
    assert changes(half_way, SearchState(half_way.search, (*half_way.trials, waiting))) == []


def test_of_a_search_with_targets_the_best_of_each_is_told_when_it_changes(half_way: SearchState) -> None:
    [best] = half_way.status.best
    phone = TargetStatus(name="phone", best=[best])
    both = [phone, TargetStatus(name="mcu", best=[best.model_copy(update={"trial": "fashion-00002"})])]
    before, after = (with_targets(half_way, targets) for targets in ([phone, TargetStatus(name="mcu")], both))
    assert changes(None, before)[-1] == "best so far for phone: fashion-00000 val_accuracy=0.8125 |skip~0|"
    assert changes(before, after) == ["best so far for mcu: fashion-00002 val_accuracy=0.8125 |skip~0|"]


def test_what_keeps_the_limits_of_no_target_is_never_the_best(half_way: SearchState) -> None:
    assert not any("best so far" in line for line in changes(None, with_targets(half_way, [TargetStatus(name="mcu")])))


def test_a_sign_of_life_names_what_runs(half_way: SearchState) -> None:
    assert still(half_way) == "1/4 trials ended; running: fashion-00001 epoch 2/4"


def test_the_data_are_told_once_they_are_prepared(half_way: SearchState) -> None:
    before = SearchState(half_way.search, (TrialView.of(preparing(12000)),))
    assert still(before) == "1/4 trials ended; running: fashion-prepare 12,000 rows"
    odd = DATASET.model_copy(update={"warnings": ["3 files are not read: .xcf"]})
    done = [condition("Succeeded", "True", "Completed")]
    ended = TrialView.of(preparing(15000, conditions=done, sequence=1, dataset=odd.to_dict()))
    status = half_way.status.model_copy(update={"dataset": odd})
    after = SearchState(replace(half_way.search, status=status), (ended,))
    told = [
        "fashion-prepare succeeded",
        "data: 1,200 to train on, 300 to validate, of 7 classes",
        "data: warning: 3 files are not read: .xcf",
    ]
    assert changes(before, after) == told
    assert changes(after, after) == []


def test_what_was_chosen_and_what_simple_models_reach_are_told_once(half_way: SearchState) -> None:
    linear = Baseline(name="linear", metrics={"val_accuracy": 0.75}, examples=9)
    chosen = ChosenSetting(field="evaluation.epochs", value="25", reason="500 steps")
    plan = Plan(candidates=4, epochs=100, strategy="random", chosen=[chosen])
    status = half_way.status.model_copy(
        update={"dataset": DATASET.model_copy(update={"baseline": [linear]}), "plan": plan}
    )
    after = SearchState(replace(half_way.search, status=status), half_way.trials)
    lines = changes(half_way, after)
    assert "baseline: linear val_accuracy=0.75" in lines and "chosen: evaluation.epochs 25: 500 steps" in lines
    assert changes(after, after) == []
