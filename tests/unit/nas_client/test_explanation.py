from __future__ import annotations

from typing import Any

from tests.unit.nas_client.conftest import condition, failed, preparing, raw_search, raw_trial, state_of, succeeded

from nas_client.explanation import Explanation, Value

PLAN = {"candidates": 4, "epochs": 16, "strategy": "regularizedEvolution", "strategyReason": "one objective"}


def explained(name: str, *trials: dict[str, Any], **spec: Any) -> dict[str, dict[str, Value]]:
    state = state_of(raw_search({"plan": PLAN}, objectives=[{"metric": "val_accuracy"}], **spec), *trials)
    [trial] = [one for one in state.trials if one.meta.name == name]
    return {section.title: dict(section.facts) for section in Explanation(state, trial).sections}


def with_spec(trial: dict[str, Any], **spec: Any) -> dict[str, Any]:
    return trial | {"spec": trial["spec"] | spec}


def named(name: str, trial: dict[str, Any]) -> dict[str, Any]:
    return trial | {"metadata": trial["metadata"] | {"name": name}}


def test_a_choice_is_explained_by_what_the_strategy_knew() -> None:
    child = {"id": "id3", "text": "|skip|", "architecture": {}, "origin": "Mutation", "parents": [0, 7]}
    found = explained(
        "fashion-00003",
        succeeded(0, val_accuracy=0.5),
        failed(1, "no memory"),
        succeeded(2, val_accuracy=0.7),
        with_spec(raw_trial(3), basis=2, candidates=[child | {"hyperparameters": {"lr": "0.1"}}]),
    )
    assert found["choice"] == {
        "architecture": "|skip|",
        "hyperparameters": ["lr 0.1"],
        "index": 3,
        "strategy": "regularizedEvolution (one objective)",
        "origin": "Mutation: its parent with a change",
        "parents": ["fashion-00000: val_accuracy 0.5", "candidate 7, whose trial was deleted: no result"],
        "results seen": 2,
        "of these failed": 1,
        "candidates awaited then": 1,
    }
    assert "result" not in found


def test_a_result_is_compared_with_those_before_and_with_all() -> None:
    trials = [succeeded(index, val_accuracy=value) for index, value in enumerate((0.5, 0.7, 0.75, 0.9))]
    result = explained("fashion-00002", *trials)["result"]
    assert result == {
        "sequence": 3,
        "val_accuracy (maximize)": 0.75,
        "best until then": "0.7 of fashion-00001",
        "against it": "0.05 better",
        "rank when it came": "1 of 3",
        "rank now": "2 of 4",
    }
    assert "best until then" not in explained("fashion-00000", *trials)["result"]
    assert explained("fashion-00000", *trials)["result"]["rank now"] == "4 of 4"


def test_a_broken_constraint_and_an_early_stop_are_said() -> None:
    trial = succeeded(0, val_accuracy=0.5, parameters=200)
    trial["status"]["stopEvidence"] = {"rule": "median", "epoch": 2, "value": 0.1, "threshold": 0.3, "others": 5}
    result = explained("fashion-00000", trial, constraints=[{"metric": "parameters", "max": "100"}])["result"]
    assert result["constraint parameters"] == "broken: 200 (allowed: -inf to 100)"
    assert result["stopped early"] == "after epoch 2, by median: 0.1 against 0.3 of 5 others"


def test_a_failure_has_its_reason_attempts_and_cost() -> None:
    trial = failed(0, "no memory")
    times = {"startTime": "2026-01-02T03:04:05Z", "completionTime": "2026-01-02T03:05:10Z"}
    trial["status"] |= {
        "attempts": [
            {"number": 1, "outcome": "Crashed", "reason": "OOMKilled"} | times,
            {"number": 2, "outcome": "Lost"},
        ],
        "trialSeconds": 65.0,
    }
    found = explained("fashion-00000", trial)
    assert found["trial"]["why it failed"] == "OOMKilled: no memory"
    assert found["attempts"] == {"1": "Crashed (OOMKilled), 1m05s", "2": "Lost"}
    assert found["cost"] == {"trial-seconds": 65.0, "GPU-seconds": 0.0}
    assert found["result"] == {"sequence": 1}


def test_a_promotion_has_the_rank_that_earned_it() -> None:
    low = [with_spec(succeeded(index, val_accuracy=0.5 + index / 10), epochs=1) for index in range(3)]
    high = named("fashion-00001-e3", with_spec(raw_trial(1), epochs=3, continues="fashion-00001", basis=2))
    choice = explained("fashion-00001-e3", *low, high)["choice"]
    assert choice["goes on from"] == "fashion-00001"
    # The third result came later.
    assert choice["chosen for its rank"] == "1 of 2 after 1 epochs"


def test_a_retraining_is_explained_by_the_rank_in_the_search_and_compared_with_retrainings() -> None:
    search = [succeeded(index, val_accuracy=value) for index, value in enumerate((0.5, 0.7, 0.9))]
    again = [
        named(
            f"again-{index}", with_spec(succeeded(index, val_accuracy=value), work="Retrain", epochs=9, basis=index + 1)
        )
        for index, value in ((1, 0.8), (2, 0.95))
    ]
    for sequence, trial in enumerate(again, 4):
        trial["status"]["sequence"] = sequence
    found = explained("again-1", *search, *again)
    assert found["trial"]["work"] == "trains one of the best in full"
    assert found["choice"]["chosen for its rank"] == "2 of 3"
    assert found["result"]["rank when it came"] == "1 of 1 after 9 epochs"
    assert found["result"]["rank now"] == "2 of 2 after 9 epochs"


def test_scores_are_part_of_the_choice() -> None:
    scoring = named("fashion-s00000", with_spec(raw_trial(0), work="Score"))
    scoring["status"] = {
        "conditions": [condition("Succeeded", "True", "Completed")],
        "sequence": 1,
        "metrics": {"proxy_naswot": 12.5},
    }
    assert explained("fashion-00000", scoring, raw_trial(0))["choice"]["score proxy_naswot"] == 12.5
    assert "choice" not in explained("fashion-s00000", scoring)


def test_of_several_candidates_each_is_explained() -> None:
    trial = succeeded(0, val_accuracy=0.5)
    candidate = trial["spec"]["candidates"][0]
    trial = with_spec(trial, candidates=[candidate, candidate | {"id": "other"}])
    trial["status"]["candidates"] = [
        {"outcome": "Succeeded", "metrics": {"val_accuracy": 0.5}},
        {"outcome": "Failed", "reason": "Diverged", "message": "the loss is not finite"},
    ]
    found = explained("fashion-00000", trial)
    assert found["choice of candidate 1"]["index"] == 1
    assert found["result of candidate 0"]["rank now"] == "1 of 1"
    assert found["result of candidate 1"] == {"sequence": 2, "why it failed": "Diverged: the loss is not finite"}


def test_preparing_has_neither_choice_nor_result() -> None:
    assert set(explained("fashion-prepare", preparing(100))) == {"trial", "cost"}


def test_the_earlier_search_that_a_candidate_is_from_is_told() -> None:
    taken = {"id": "id0", "text": "|skip|", "architecture": {}, "origin": "WarmStart", "source": "first/17"}
    found = explained("fashion-00000", with_spec(raw_trial(0), candidates=[taken]))
    assert found["choice"]["origin"] == "WarmStart: one of the best of an earlier search"
    assert found["choice"]["source"] == "first/17"


def test_what_people_prefer_is_said_of_a_candidate() -> None:
    objectives = [{"metric": "val_accuracy"}, {"metric": "parameters", "goal": "minimize"}]
    trials = [succeeded(index, val_accuracy=0.5, parameters=9.0) for index in range(3)]
    said = {"comparisons": [{"better": 1, "worse": 0}, {"better": 2, "worse": 1}, {"better": 1, "worse": 7}]}
    state = state_of(raw_search({"plan": PLAN}, objectives=objectives, guidance=said), *trials)
    facts = {section.title: section.facts for section in Explanation(state, state.trials[1]).sections}
    assert facts["result"]["preferred to"] == [
        "fashion-00000: val_accuracy 0.5, parameters 9",
        "candidate 7, whose trial was deleted: no result",
    ]
    assert facts["result"]["preferred to it"] == ["fashion-00002: val_accuracy 0.5, parameters 9"]


def test_the_guidance_that_held_is_told() -> None:
    held = {
        "generation": 4,
        "decisions": [{"name": "*", "forbid": ["none", "skip"]}, {"name": "hp.lr", "max": "0.1", "prefer": "0.05"}],
    }
    asked = {"id": "id0", "text": "|skip|", "architecture": {}, "origin": "Injected"}
    found = explained("fashion-00000", with_spec(raw_trial(0), candidates=[asked], guidance=held))
    assert found["choice"]["origin"] == "Injected: asked for by spec.guidance"
    assert found["choice"]["guidance"] == [
        "generation 4",
        "* forbid none, skip",
        "hp.lr max 0.1, prefer 0.05 (medium confidence)",
    ]


def test_a_promotion_that_a_person_asked_for_says_so() -> None:
    low = [with_spec(succeeded(index, val_accuracy=0.5 + index / 10), epochs=1) for index in range(3)]
    asked = {
        "epochs": 3,
        "continues": "fashion-00000",
        "basis": 3,
        "guidance": {"generation": 4, "extend": "fashion-00000"},
    }
    high = named("fashion-00000-e3", with_spec(raw_trial(0), **asked))
    choice = explained("fashion-00000-e3", *low, high)["choice"]
    assert choice["promoted"] == "as a person asked by spec.guidance.extend, whatever its rank"
    assert choice["guidance"] == ["generation 4", "extend fashion-00000"]
    assert choice["its rank then"] == "3 of 3 after 1 epochs" and "chosen for its rank" not in choice


def test_what_early_stopping_was_not_to_end_says_so_while_it_is_asked_for_and_ever_after() -> None:
    ended = succeeded(1, val_accuracy=0.5)
    ended["status"]["conditions"][1]["message"] = "trained to its end, as spec.guidance.extend asks"
    trials = [raw_trial(0), ended, succeeded(2, val_accuracy=0.5)]
    asked: dict[str, Any] = {"guidance": {"extend": ["fashion-00000"]}, "evaluation": {"earlyStopping": {"median": {}}}}
    state = state_of(raw_search({"plan": PLAN}, **asked), *trials)
    told = [Explanation(state, trial).sections[0].facts.get("extended") for trial in state.trials]
    assert told == [
        "a person asks by spec.guidance.extend that it trains as long as the search allows",
        "trained to its end, as spec.guidance.extend asks",
        None,
    ]
