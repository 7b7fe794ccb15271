"""Every adapter, on a space with all kinds of decisions; those whose library is not installed are skipped."""

from __future__ import annotations

import builtins
import sys
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from nas_benchmark.other_libraries import ALGORITHMS, load, make
from nas_benchmark.other_libraries.base import LibraryEntrant
from nas_core.api.strategy import Objective
from nas_core.spaces import SearchSpace
from nas_core.spaces.decisions import Choice, Integer, Real, Subset, when

SPACE = SearchSpace(
    "mixed",
    [
        Choice("op", ("conv", "pool", "none")),
        Integer("kernel", 1, 7, step=2, when=when("op", "conv", "pool")),
        Integer("width", 8, 256, log=True),
        Real("rate", 1e-4, 1e-1, log=True),
        Real("dropout", 0.0, 0.5),
        Subset("skips", ("a", "b"), when=when("op", "conv")),
    ],
)
ONE = [Objective(metric="quality")]
TWO = [Objective(metric="quality"), Objective(metric="cost", goal="minimize")]


def installed(name: str) -> str:
    for package in ALGORITHMS[name].split(" and "):
        pytest.importorskip(package.replace("-", "_"))
    return name


def measure(values: dict[str, str]) -> dict[str, float]:
    quality = ["none", "pool", "conv"].index(values["op"]) + 2 * float(values["dropout"])
    return {"quality": quality, "cost": float(values["width"])}


def queries(peer: LibraryEntrant, count: int) -> list[dict[str, str]]:
    asked = []
    for index in range(count):
        values = peer.ask(index)
        assert values is not None
        asked.append(dict(values))
        peer.tell(index, None if index % 7 == 3 else measure(asked[-1]))
    return asked


@pytest.mark.parametrize("name", [name for name in ALGORITHMS if name not in ("optuna-gp", "pymoo-age-moea2")])
def test_what_is_asked_is_of_the_space_repeatable_and_gets_better(name: str) -> None:
    asked = queries(make(installed(name), SPACE, ONE, 2), 150)
    for values in asked:
        SPACE.validate(values)
    assert {values["op"] for values in asked} == {"conv", "pool", "none"}
    assert asked[:40] == queries(make(name, SPACE, ONE, 2), 40)
    assert asked[:40] != queries(make(name, SPACE, ONE, 1), 40)
    means = [sum(measure(values)["quality"] for values in part) / len(part) for part in (asked[:20], asked[-20:])]
    assert means[1] > means[0] + 0.2


def test_the_gaussian_process_asks_too() -> None:
    for values in queries(make(installed("optuna-gp"), SPACE, ONE, 1), 12):
        SPACE.validate(values)


@pytest.mark.parametrize("name", ["optuna-tpe", "optuna-nsga2", "pymoo-nsga2", "pymoo-age-moea2"])
def test_several_objectives_are_all_regarded(name: str) -> None:
    small, large = TWO, [TWO[0], Objective(metric="cost", goal="maximize")]
    widths = [
        sum(int(values["width"]) for values in queries(make(installed(name), SPACE, objectives, 2), 100)[40:])
        for objectives in (small, large)
    ]
    assert widths[0] < 0.8 * widths[1]


@pytest.mark.parametrize("name", ["pymoo-ga", "syne-tune-rea", "hyperopt-tpe"])
def test_one_objective_is_said_to_be_all(name: str) -> None:
    installed(name)
    with pytest.raises(ValueError, match=f"peer '{name}' has one objective; leave it out where there are 2"):
        make(name, SPACE, TWO, 0)


def test_several_objectives_are_said_to_be_needed() -> None:
    with pytest.raises(ValueError, match="peer 'pymoo-age-moea2' needs several objectives; give --cost"):
        make(installed("pymoo-age-moea2"), SPACE, ONE, 0)


@pytest.mark.parametrize("name", ["optuna-tpe", "optuna-nsga2", "syne-tune-rea", "hyperopt-tpe"])
def test_queries_may_be_open_and_end_in_any_order(name: str) -> None:
    peer = make(installed(name), SPACE, ONE, 1)
    open_queries: dict[int, dict[str, str]] = {}
    for index in range(60):
        values = peer.ask(index)
        assert values is not None
        open_queries[index] = dict(values)
        if len(open_queries) == 5:
            ends = max(open_queries) if index % 2 else min(open_queries)
            peer.tell(ends, measure(open_queries.pop(ends)))


def test_a_generation_waits_for_its_slowest() -> None:
    peer = make("pymoo-ga", SPACE, ONE, 1)
    first = [peer.ask(index) for index in range(20)]
    assert None not in first
    for index, values in enumerate(first):
        assert peer.ask(20) is None
        peer.tell(index, measure(dict(values or {})))
    assert peer.ask(20) is not None


def test_a_space_that_is_used_up_ends_it() -> None:
    peer = make("pymoo-ga", SearchSpace("two", [Choice("op", ("a", "b"))]), ONE, 0)
    for index in range(200):
        values = peer.ask(index)
        if values is None:
            return
        peer.tell(index, {"quality": 1.0})
    pytest.fail("it never ended")


def test_hyperopt_is_what_its_own_loop_gives() -> None:
    hyperopt = pytest.importorskip("hyperopt")
    space = SearchSpace("plain", [Choice("a", ("x", "y", "z")), Choice("b", ("1", "2", "3", "4"))])
    seen: list[dict[str, str]] = []

    def score(values: dict[str, str]) -> float:
        return "xyz".index(values["a"]) + float(values["b"])

    def objective(values: dict[str, str]) -> float:
        seen.append(values)
        return -score(values)

    hp = hyperopt.hp
    hyperopt.fmin(
        objective,
        {"a": hp.choice("a", ["x", "y", "z"]), "b": hp.choice("b", ["1", "2", "3", "4"])},
        algo=hyperopt.tpe.suggest,
        max_evals=40,
        rstate=np.random.default_rng(5),
        show_progressbar=False,
    )
    peer = make("hyperopt-tpe", space, ONE, 5)
    for index, expected in enumerate(seen):
        values = peer.ask(index)
        assert values == expected
        peer.tell(index, {"quality": score(expected)})


def test_a_package_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> ModuleType:
        if name.partition(".")[0] == "hyperopt":
            raise ImportError("No module named 'hyperopt'")
        return real(name, *rest, **more)

    monkeypatch.delitem(sys.modules, "nas_benchmark.other_libraries.hyperopt_tpe", raising=False)
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ValueError, match=r"peer 'hyperopt-tpe' needs hyperopt .*; install requirements/peers.txt"):
        load("hyperopt-tpe")


def test_who_is_unknown_is_said() -> None:
    with pytest.raises(ValueError, match="there is no peer 'smac'; there are optuna-tpe, "):
        load("smac")
