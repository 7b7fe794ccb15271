"""Who takes part in a comparison: our strategies and the algorithms of other libraries, by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from pydantic import ValidationError
from pydantic.alias_generators import to_camel

from nas_benchmark import other_libraries
from nas_benchmark.scores import Scores
from nas_core.api.predictor import PrefilterPredictor
from nas_core.api.strategy import Objective, StrategySpec
from nas_core.spaces import Architecture, SearchSpace
from nas_search import KINDS, ZERO_COST, History, Observation, Pending, Problem, Scored, Strategy, create_strategy
from nas_search.predicted import Prediction
from nas_search.predictors.kinds import PREDICTORS

MEMBERS: Mapping[str, str] = {
    kind.name: kind.member for kind in KINDS.values() if kind is not ZERO_COST and not kind.derives
}
"""The member of ``spec.strategy`` by the name that a search's status shows; in tables nothing can be derived."""
STRATEGIES = tuple(MEMBERS)
PREDICTOR = "predictor="
"""Setting of any strategy: the predictor that chooses among its proposals (`evaluation.prefilter.predictor.model`)."""
KEEP = "keep="
"""Setting of any strategy: how many of the best scored candidates it begins with (`evaluation.prefilter.keep`)."""


class Entrant(Protocol):
    """One search, asked for candidates and given their results."""

    def ask(self, index: int) -> Architecture | None:
        """Return what query ``index`` evaluates; None: not before another result has come, or never again."""

    def tell(self, index: int, metrics: Mapping[str, float] | None) -> None:
        """Take the result of a query; None: it failed."""


class StrategyEntrant:
    """A strategy with the history that the operator would keep for it."""

    def __init__(self, strategy: Strategy, scores: tuple[Scored, ...] = ()) -> None:
        self._strategy, self._scores = strategy, scores
        self._seen: tuple[Observation, ...] = ()
        self._running: dict[int, Pending] = {}

    def ask(self, index: int) -> Architecture | None:
        """Ask, the others pending; None when every architecture was tried."""
        pending = tuple(self._running[running] for running in sorted(self._running))
        candidates = self._strategy.ask(History(self._seen, pending, index, self._scores), 1)
        if not candidates:
            return None
        self._running[index] = Pending(index, candidates[0])
        return self._strategy.values(candidates[0])

    def tell(self, index: int, metrics: Mapping[str, float] | None) -> None:
        """Record the result."""
        done = self._running.pop(index)
        self._seen += (Observation(index, len(self._seen) + 1, done.candidate, metrics),)


def make(
    name: str, space: SearchSpace, objectives: Sequence[Objective], seed: int, scores: Scores | None = None
) -> Entrant:
    """Return an entrant with its seed.

    Args:
        name: of another library's algorithm, or of a strategy, which settings other than its defaults may follow:
            ``regularized-evolution:populationSize=30:sampleSize=10``. With ``keep=3`` it knows the ``scores`` and
            begins with the best 3; with ``predictor=ensemble`` that chooses among its proposals; ``zero-cost`` tries
            all that are scored in their order.
        space: what is searched.
        objectives: what for.
        seed: of all that it draws.
        scores: what is known before the first query.

    Raises:
        ValueError: if there is none of this name, a setting is none of its, it needs scores and there are none, or
            another library cannot be used.
    """
    if name in other_libraries.ALGORITHMS:
        return other_libraries.make(name, space, objectives, seed)
    problem = Problem(space, objectives)
    text, prediction = _predicted(name)
    text, keep = _scored(text, scores)
    spec = _spec(text, seed)
    if scores is None or keep is None:
        return StrategyEntrant(create_strategy(spec, problem, prediction=prediction))
    strategy = create_strategy(spec, problem, scoring=scores.asked(keep), prediction=prediction)
    return StrategyEntrant(strategy, scores.drawn(seed))


def _predicted(text: str) -> tuple[str, Prediction | None]:
    """Return an entrant's text without the predictor, and the predictor with its defaults; None: it names none."""
    name, *settings = text.split(":")
    named = [setting for setting in settings if setting.startswith(PREDICTOR)]
    if not named:
        return text, None
    try:
        asked = PrefilterPredictor.model_validate({"model": named[-1].removeprefix(PREDICTOR)})
    except ValidationError as error:
        raise ValueError(f"{text!r}: {PREDICTOR} takes one of {', '.join(PREDICTORS)}") from error
    text = ":".join([name, *(setting for setting in settings if setting not in named)])
    return text, Prediction(asked.model, asked.after, asked.candidates)


def _scored(text: str, scores: Scores | None) -> tuple[str, int | None]:
    """Return an entrant's text without what is said of scores, and how many of the best scored it begins with."""
    name, *settings = text.split(":")
    kept = [setting for setting in settings if setting.startswith(KEEP)]
    if name != ZERO_COST.name and not kept:
        return text, None
    if scores is None:
        raise ValueError(f"{text!r} goes by scores; name the columns that hold them by --scores")
    if name == ZERO_COST.name:
        # Zero-cost search is random search that begins with all that is scored.
        return ":".join([KINDS["random"].name, *settings]), scores.candidates
    keep = kept[-1].removeprefix(KEEP)
    if not keep.isdecimal() or not 1 <= int(keep) <= scores.candidates:
        raise ValueError(f"{text!r}: {KEEP} takes a number from 1 to --scored, {scores.candidates}")
    return ":".join([name, *(setting for setting in settings if setting not in kept)]), int(keep)


def _spec(text: str, seed: int) -> StrategySpec:
    name, *settings = text.split(":")
    if name not in MEMBERS:
        raise ValueError(
            f"there is no strategy {name!r}; there are {', '.join(STRATEGIES)}; "
            f"other libraries' are named by --peers: {', '.join(other_libraries.ALGORITHMS)}"
        )
    plain = StrategySpec.model_validate({MEMBERS[name]: {}})
    # Settings are written as in a search's spec.
    known = [to_camel(field) for field in type(getattr(plain, MEMBERS[name])).model_fields]
    values = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals or key not in known:
            names = ", ".join(known) or "none"
            raise ValueError(f"{text!r}: write settings as {name}:setting=value, not {setting!r}; it has {names}")
        values[key] = value
    try:
        return StrategySpec.model_validate({MEMBERS[name]: values, "seed": seed})
    except ValidationError as error:
        first = error.errors()[0]
        raise ValueError(f"{text!r}: {'.'.join(map(str, first['loc'][1:]))}: {first['msg']}") from error
