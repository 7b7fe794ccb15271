"""One seed of one task: searches with `bayesian` that begin in different ways, and what they have reached.

The other tasks of the family have been searched before, by `bayesian` too, with other seeds: their results are the
entries of the knowledge base. The portfolio knows more than any knowledge base: the whole tables of the other tasks.

References: Wistuba, Schilling & Schmidt-Thieme, "Sequential Model-Free Hyperparameter Tuning", ICDM 2015 (the greedy
portfolio); Winkelmolen, Ivkin, Bozkurt & Karnin, "Practical and Sample Efficient Zero-Shot HPO", 2020,
arXiv:2007.13382.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np

from benchmarks.knowledge.tasks import FAMILIES, METRIC, features, measured, problem
from nas_core.api.strategy import StrategySpec
from nas_core.api.trial import CandidateSpec
from nas_core.api.warm_start import CANDIDATES
from nas_core.history import Earlier, History, Observation, Scored
from nas_plan.knowledge.features import distance
from nas_search import create_strategy
from nas_search.ranking import Floats

QUERIES = 25
EARLIER, EARLIER_SEED = 60, 10_000
"""Candidates of an earlier search; its seed is another one."""
ARMS = ("none", "random", "nearest 1", "nearest 3", "any 3", "nearest 8", "portfolio")
"""random: nothing but random candidates. any 3: entries that are drawn. nearest 8: of all others, which are fewer.
portfolio: `CANDIDATES` from it come first."""


def run(family: str, task: str, seed: int, arm: str) -> list[float]:
    """Return the normalised regret after each query."""
    first = portfolio(family, task) if arm == "portfolio" else ()
    member = "random" if arm == "random" else "bayesian"
    results = _search(family, task, member, seed, QUERIES, entries(family, task, seed, arm), first)
    regret = measured(family, task).regret
    reached = np.minimum.accumulate([regret[_text(family, one.candidate)] for one in results])
    return [float(value) for value in reached]


def entries(family: str, task: str, seed: int, arm: str) -> tuple[Earlier, ...]:
    """Return what a search of a task begins with, the nearest first."""
    kind, _, count = arm.partition(" ")
    if kind not in ("nearest", "any"):
        return ()
    others = [name for name in FAMILIES[family].data if name != task]
    if kind == "any":
        others = [others[place] for place in np.random.default_rng([seed, 2]).permutation(len(others)).tolist()]
    else:
        own = features(family, task)
        others.sort(key=lambda name: distance(own, features(family, name)) or 0.0)
    return tuple(_earlier(family, name, seed) for name in others[: int(count)])


@cache
def portfolio(family: str, task: str) -> tuple[str, ...]:
    """Return architectures as text, each the one that lowers the mean regret of the other tasks most."""
    tables = [measured(family, name).regret for name in FAMILIES[family].data if name != task]
    texts = list(tables[0])
    # (architectures, tasks)
    regret: Floats = np.array([[table[text] for table in tables] for text in texts])
    reached, chosen = np.full(len(tables), np.inf), []
    for _ in range(CANDIDATES):
        place = int(np.minimum(regret, reached).mean(1).argmin())
        reached = np.minimum(reached, regret[place])
        chosen.append(texts[place])
    return tuple(chosen)


def earlier_texts(family: str, task: str, seed: int) -> dict[str, tuple[str, ...]]:
    """Return what the earlier searches of all other tasks have tried, by the name of the task."""
    others = [name for name in FAMILIES[family].data if name != task]
    return {
        name: tuple(_text(family, one.candidate) for one in _earlier(family, name, seed).results) for name in others
    }


@cache
def _earlier(family: str, task: str, seed: int) -> Earlier:
    done = _search(family, task, "bayesian", EARLIER_SEED + seed, EARLIER)
    return Earlier(task, tuple(Scored(one.candidate, one.metrics or {}) for one in done))


def _search(
    family: str,
    task: str,
    member: str,
    seed: int,
    queries: int,
    earlier: tuple[Earlier, ...] = (),
    first: Sequence[str] = (),
) -> tuple[Observation, ...]:
    """Return the results of a search, one trial at a time; ``first`` are tried before it chooses."""
    spec = StrategySpec.model_validate({member: {}, "seed": seed})
    strategy = create_strategy(spec, problem(family), warm_start=CANDIDATES if earlier else None)
    values, seen = measured(family, task).values, tuple[Observation, ...]()
    for index in range(queries):
        if index < len(first):
            candidate = strategy.candidate(problem(family).space.parse(first[index]), "Injected")
        else:
            [candidate] = strategy.ask(History(seen, (), index, earlier=earlier), 1)
        seen += (Observation(index, index + 1, candidate, {METRIC: values[_text(family, candidate)]}),)
    return seen


def _text(family: str, candidate: CandidateSpec) -> str:
    return problem(family).space.text(candidate.architecture)
