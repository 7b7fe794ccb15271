from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from nas_core.api.strategy import Constraint, Objective
from nas_core.api.trial import CandidateSpec
from nas_core.history import Earlier, Scored
from nas_core.ranks import kendall_tau
from nas_core.spaces.nas_bench_201 import NasBench201
from nas_search.strategy import candidate_of
from nas_search.surrogate_evaluation import SurrogateEvaluation

SPACE = NasBench201()
TWO = [Objective(metric="val_accuracy"), Objective(metric="latency_ms", goal="minimize")]
LIMIT = [Constraint(metric="parameters", max="4")]


def truth(candidate: CandidateSpec, rng: np.random.Generator) -> Mapping[str, float]:
    chosen = list(candidate.architecture.values())
    wide, narrow = (sum(op == f"nor_conv_{k}x{k}" for op in chosen) for k in (3, 1))
    accuracy = 0.5 + 0.06 * wide + 0.03 * narrow + rng.normal() / 200
    return {"val_accuracy": accuracy, "latency_ms": 1.0 + 2 * wide + narrow, "parameters": 9.0 * wide + narrow}


def draw(count: int, seed: int) -> list[Scored]:
    rng = np.random.default_rng(seed)
    return [
        Scored(one, truth(one, rng)) for one in (candidate_of(SPACE, SPACE.sample(rng), "Random") for _ in range(count))
    ]


def evaluation(*earlier: Earlier) -> SurrogateEvaluation:
    return SurrogateEvaluation(SPACE, TWO, LIMIT, "gaussianProcess", earlier)


def test_candidates_have_all_metrics_in_their_units_with_honest_deviations() -> None:
    surrogate = evaluation(Earlier("first", tuple(draw(80, 0))))
    assert surrogate.ranks and surrogate.worth.from_earlier
    others = draw(60, 1)
    found = surrogate.evaluate([one.candidate for one in others])
    for metric in ("val_accuracy", "latency_ms"):
        said, true = ([one[metric] for one in values] for values in (found, [o.metrics for o in others]))
        tau = kendall_tau(said, true)
        assert tau is not None and tau > 0.55
        within = [abs(f[metric] - t) <= 2.5 * f[f"{metric}_std"] + 0.02 for f, t in zip(found, true, strict=True)]
        assert np.mean(within) > 0.75 and np.median([one[f"{metric}_std"] for one in found]) > 0
    assert all(one["val_accuracy"] <= 1 for one in found)


def test_what_follows_from_a_network_is_exact_where_it_is_known() -> None:
    rows = draw(80, 0)
    surrogate = evaluation(Earlier("first", tuple(rows)))
    [known] = surrogate.evaluate([rows[3].candidate])
    assert known["parameters"] == rows[3].metrics["parameters"] and "parameters_std" not in known
    assert "val_accuracy_std" in known, "what depends on training is predicted"


def test_an_earlier_search_whose_results_cannot_be_ranked_is_left_out() -> None:
    rows, rng = draw(80, 0), np.random.default_rng(5)
    noise = [Scored(one.candidate, {**one.metrics, "val_accuracy": rng.random()}) for one in draw(80, 2)]
    surrogate = evaluation(Earlier("first", tuple(rows)), Earlier("noise", tuple(noise)))
    assert [one.used for one in surrogate.worth.sources] == [True, False]
    alone = evaluation(Earlier("first", tuple(rows)))
    some = [one.candidate for one in draw(5, 3)]
    assert surrogate.evaluate(some) == alone.evaluate(some)
    assert not evaluation(Earlier("noise", tuple(noise))).ranks


def test_a_limit_of_which_nothing_is_known_is_told() -> None:
    rows = [Scored(one.candidate, {k: v for k, v in one.metrics.items() if k != "parameters"}) for one in draw(60, 0)]
    surrogate = evaluation(Earlier("first", tuple(rows)))
    assert surrogate.missing == ["parameters"] and not surrogate.ranks


def test_a_trainer_that_reports_per_cent_is_not_cut_off_at_one() -> None:
    rows = [
        Scored(one.candidate, {**one.metrics, "val_accuracy": 100 * one.metrics["val_accuracy"]}) for one in draw(60, 0)
    ]
    found = evaluation(Earlier("first", tuple(rows))).evaluate([one.candidate for one in draw(5, 1)])
    assert all(40 < one["val_accuracy"] < 100 for one in found)
