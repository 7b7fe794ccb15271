from __future__ import annotations

import pytest

from nas_benchmark.entrants import MEMBERS, STRATEGIES, StrategyEntrant, make
from nas_benchmark.scores import Scores
from nas_benchmark.table import Table
from nas_core.api.strategy import StrategySpec
from nas_core.spaces.nas_bench_201 import NasBench201
from nas_core.testing.toy_space import ToySpace
from nas_search import KINDS, History, Problem, create_strategy
from nas_search.testing.strategy_conformance import ONE

SPACE = NasBench201()


@pytest.mark.parametrize("name", STRATEGIES)
def test_every_strategy_takes_part_under_its_name(name: str) -> None:
    entrant = make(name, SPACE, ONE, 5)
    assert isinstance(entrant, StrategyEntrant)
    values = entrant.ask(0)
    assert values is not None
    SPACE.validate(values)
    assert type(entrant._strategy) is KINDS[MEMBERS[name]].strategy
    assert entrant._strategy.seed == 5


def test_it_asks_as_the_operator_would_with_the_others_pending() -> None:
    spec = StrategySpec.model_validate({"random": {}, "seed": 5})
    strategy = create_strategy(spec, Problem(SPACE, ONE))
    entrant = make("random", SPACE, ONE, 5)
    asked = [entrant.ask(index) for index in range(3)]
    assert asked == [strategy.values(one) for one in strategy.ask(History(), 3)]


def test_settings_may_follow_the_name() -> None:
    entrant = make("regularized-evolution:populationSize=30:sampleSize=10", SPACE, ONE, 0)
    assert isinstance(entrant, StrategyEntrant)
    strategy = entrant._strategy
    assert (strategy.population_size, strategy.sample_size) == (30, 10)  # type: ignore[attr-defined]
    entrant = make("reinforce:learningRate=0.3", SPACE, ONE, 0)
    assert isinstance(entrant, StrategyEntrant)
    assert entrant._strategy.learning_rate == 0.3  # type: ignore[attr-defined]
    entrant = make("bayesian:costMetric=c10_train_s", SPACE, ONE, 0)
    assert isinstance(entrant, StrategyEntrant)
    assert entrant._strategy.cost_metric == "c10_train_s"  # type: ignore[attr-defined]


TOY = ToySpace()
SCORES = Scores(Table(TOY, "mean", {one: {"size": float(k)} for k, one in enumerate(TOY.distinct)}), ("size",), 12)


def asked(name: str, count: int) -> list[float]:
    """Return the scores of what an entrant asks for while all its queries fail."""
    entrant, found = make(name, TOY, ONE, 3, SCORES), []
    for index in range(count):
        values = entrant.ask(index)
        assert values is not None
        row = SCORES.table.look_up(values)
        assert row is not None
        found.append(row["size"])
        entrant.tell(index, None)
    return found


def test_with_keep_a_strategy_knows_the_scores_and_begins_with_the_best() -> None:
    best = sorted((one.metrics["proxy_size"] for one in SCORES.drawn(3)), reverse=True)
    assert len(best) == 12
    # Five random ones come before the best, to judge the scores by; no result comes here.
    assert asked("bayesian:keep=2:initialCandidates=4", 7)[5:] == best[:2]
    controls, others = (found := asked("zero-cost", 12))[:5], found[5:]
    assert others == [one for one in best if one not in controls]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("random:keep=0", "keep= takes a number from 1 to --scored, 12"),
        ("random:keep=13", "keep= takes a number from 1 to --scored, 12"),
        ("random:keep=few", "keep= takes a number from 1 to --scored, 12"),
        ("random:keep=3:size=1", "not 'size=1'; it has none"),
        ("zero-cost:keep=3", "not 'keep=3'; it has none"),
    ],
)
def test_what_is_wrong_with_the_use_of_scores_is_said(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        make(text, TOY, ONE, 0, SCORES)


@pytest.mark.parametrize("text", ["zero-cost", "bayesian:keep=3"])
def test_without_scores_nobody_goes_by_them(text: str) -> None:
    with pytest.raises(ValueError, match=f"'{text}' goes by scores; name the columns that hold them by --scores"):
        make(text, TOY, ONE, 0)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("anealing", "there is no strategy 'anealing'; there are random, .* by --peers: optuna-tpe"),
        ("random:5", "write settings as random:setting=value, not '5'"),
        ("nsga2:populationSize=1", "populationSize: Input should be greater than or equal to 2"),
        ("nsga2:size=1", "not 'size=1'; it has populationSize"),
    ],
)
def test_what_is_wrong_is_said(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        make(text, SPACE, ONE, 0)
