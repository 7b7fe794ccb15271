"""A search whose front follows what people prefer: its status, what is trained again, and what cannot be followed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.support.factories import World, search

from nas_core.states import Work
from nas_plan.actions import Actions

OBJECTIVES = [{"metric": "val_accuracy"}, {"metric": "size", "goal": "minimize"}]
FRONT = [(0.9, 90.0), (0.8, 50.0), (0.7, 30.0), (0.6, 20.0), (0.5, 10.0)]


def world(found: list[tuple[float, float]] = FRONT, **spec: Any) -> World:
    given = {
        "budget": {"maxTrials": 5, "parallelTrials": 1},
        "objectives": OBJECTIVES,
        "trialTemplate": {"image": "mine:1"},
    }
    w = World(search(None, **(given | spec)))
    w.step()
    for accuracy, size in found:
        [job] = w.active()
        w.succeed(job, accuracy, size=size)
        w.step()
    return w


def prefer(w: World, *pairs: tuple[int, int]) -> Actions:
    w.respec(guidance={"comparisons": [{"better": a, "worse": b} for a, b in pairs]})
    return w.step()


def best(w: World) -> list[int | None]:
    return [entry.index for entry in w.search.status.best]


def again(w: World) -> list[int]:
    return sorted(trial.spec.index for trial in w.trials.values() if trial.spec.work == Work.RETRAIN)


def test_the_order_of_the_front_follows_and_the_front_stays() -> None:
    w = world()
    assert best(w) == [0, 1, 2, 3, 4] and w.search.status.utility is None
    prefer(w, (4, 1), (4, 2))
    assert best(w)[0] == 4 and sorted(map(int, map(str, best(w)))) == [0, 1, 2, 3, 4]
    assert w.search.status.best_value == "0.9" and w.condition("Succeeded")[0] == "True"
    utility = w.search.status.utility
    assert utility and (utility.comparisons, utility.not_followed) == (2, 0)
    [accuracy, size] = utility.weights
    assert float(size.weight) > 0.6 > float(accuracy.weight) and float(size.low) < float(size.weight)
    assert w.condition("ComparisonsFollowed") == ("True", "AllFollowed")
    prefer(w)
    assert best(w) == [0, 1, 2, 3, 4] and w.search.status.utility is None
    assert all(c.type != "ComparisonsFollowed" for c in w.search.status.conditions)


def test_it_is_the_same_while_the_search_runs_and_after_a_kill() -> None:
    w = world(FRONT[:4])
    prefer(w, (3, 0), (3, 1))
    assert best(w)[0] == 3 and w.active()
    seen = w.search.status
    w.search = replace(w.search, status=seen.model_copy(update={"utility": None, "best": []}))
    w.step()
    assert (w.search.status.utility, w.search.status.best) == (seen.utility, seen.best)


def test_the_strategy_does_not_see_them() -> None:
    plain, compared = world(FRONT[:3]), world(FRONT[:3])
    prefer(compared, (2, 0))
    for w in (plain, compared):
        w.succeed(w.active()[0], 0.6, size=20.0)
        w.step()
    assert plain.trials["s-00004"].spec.candidates == compared.trials["s-00004"].spec.candidates
    assert compared.trials["s-00004"].spec.guidance is None


def test_what_comes_first_is_trained_again() -> None:
    w = world(guidance={"comparisons": [{"better": 4, "worse": 1}, {"better": 4, "worse": 2}]})
    w.respec(retrain={"top": 1, "epochs": 50})
    w.step()
    assert again(w) == [4]


def test_retraining_that_has_begun_stays_and_the_rest_follows() -> None:
    w = world()
    prefer(w, (4, 1), (4, 2))
    w.respec(retrain={"top": 1, "epochs": 50})
    w.step()
    prefer(w, (0, 1), (0, 2), (0, 4))
    assert best(w)[0] == 0 and again(w) == [4], "a comparison starts no training"
    w.respec(retrain={"top": 2, "epochs": 50})
    w.step()
    for job in w.active():
        w.succeed(job, 0.95, size=5.0)
        w.step()
    for job in w.active():
        w.succeed(job, 0.95, size=5.0)
        w.step()
    assert again(w) == [0, 4] and [entry.index for entry in w.search.status.retrained] == [0, 4]


def test_cycles_are_counted_and_no_error() -> None:
    w = world()
    actions = prefer(w, (1, 3), (3, 1), (1, 4))
    utility = w.search.status.utility
    assert utility and (utility.comparisons, utility.not_followed) == (3, 1)
    assert w.condition("ComparisonsFollowed") == ("False", "ComparisonsContradicted")
    assert "1 of 3 comparisons not followed: 3 over 1" in w.condition_message("ComparisonsFollowed")
    assert any("3 over 1" in event.message for event in actions.events)
    assert w.condition("Succeeded")[0] == "True"


def test_who_prefers_what_is_worse_in_everything_is_not_followed() -> None:
    w = world([*FRONT[:4], (0.4, 95.0)])
    prefer(w, (4, 0), (4, 1))
    assert w.search.status.utility and w.search.status.utility.not_followed == 2
    assert 4 not in best(w)


def test_of_a_front_of_one_what_was_compared_is_the_scale() -> None:
    w = world([(0.9, 1e6), (0.5, 5e6), (0.4, 4e6), (0.3, 3e6), (0.2, 2e6)])
    prefer(w, (1, 2), (1, 3), (1, 4))
    utility = w.search.status.utility
    assert best(w) == [0] and utility and utility.not_followed == 0
    assert float(utility.weights[0].weight) > 0.6


def test_a_candidate_without_a_result_is_named_and_the_rest_counts() -> None:
    w = world()
    actions = prefer(w, (4, 1), (4, 2), (99, 0))
    assert best(w)[0] == 4
    assert w.condition("ComparisonsFollowed") == ("False", "CandidatesUnknown")
    message = w.condition_message("ComparisonsFollowed")
    assert "name 99, without a result, and 2 comparisons of others" in message and "remove them" in message
    [warning] = [event for event in actions.events if event.reason == "CandidatesUnknown"]
    assert warning.message == message
    prefer(w, (99, 0))
    assert best(w) == [0, 1, 2, 3, 4] and w.search.status.utility is None


def test_of_a_deleted_trial_what_the_status_has_counts() -> None:
    w = world()
    del w.trials["s-00004"]
    prefer(w, (4, 1), (4, 2))
    assert best(w)[0] == 4 and w.condition("ComparisonsFollowed")[0] == "True"


def test_weights_of_objectives_are_where_comparisons_begin() -> None:
    shares = []
    for weight in ("1", "9"):
        w = world(objectives=[{"metric": "val_accuracy", "weight": weight}, OBJECTIVES[1]])
        prefer(w, (2, 1))
        shares.append(float(w.search.status.utility.weights[0].weight) if w.search.status.utility else 0.0)
    assert shares[1] > shares[0] + 0.1


def test_targets_have_the_same_order() -> None:
    w = world(targets=[{"name": "small", "constraints": [{"metric": "size", "max": 60}]}])
    prefer(w, (4, 1), (4, 2))
    [target] = w.search.status.targets
    assert target.best[0].index == 4 and best(w)[0] == 4


@pytest.mark.parametrize("spec", [{"objectives": OBJECTIVES[:1]}, {}])
def test_one_objective_has_nothing_to_compare(spec: dict[str, Any]) -> None:
    pair = {"comparisons": [{"better": 1, "worse": 0 if spec else 1}]}
    with pytest.raises(ValueError, match="takes several objectives; remove them" if spec else "the same candidate"):
        search(None, **({"objectives": OBJECTIVES} | spec), guidance=pair)


def test_a_gradient_strategy_may_be_compared_too() -> None:
    objectives = [OBJECTIVES[0], {"metric": "parameters", "goal": "minimize"}]
    given = {"objectives": objectives, "strategy": {"darts": {}}, "storage": {"bucket": "nas"}}
    said = {"comparisons": [{"better": 1, "worse": 0}]}
    assert search(None, **given, guidance=said).spec.strategy_guidance is None
    with pytest.raises(ValueError, match="remove inject"):
        search(None, **given, guidance=said | {"inject": ["a"]})
