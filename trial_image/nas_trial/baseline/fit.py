"""Fits simple models to the training split and judges them as a search's candidates are judged.

Bounded: at most `MOST_EXAMPLES` training examples (an even sample), about a thousand features, and no model is begun
after `SECONDS`. Several labels an example have no baseline.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from nas_core.api.trial import Baseline
from nas_trial.baseline import scores
from nas_trial.baseline.features import Features, make_features
from nas_trial.data.prepared.shards import Shards
from nas_trial.process.log import log

MOST_EXAMPLES = 5000
MOST_JUDGED = 10_000
"""Examples of the validation and of the test split."""
MOST_CLASSES = 200
BOOSTED_CLASSES, BOOSTED_FEATURES = 20, 300
"""Trees are grown for each class, from the features that vary most."""
ROUNDS, TREES = 100, 500
"""Of boosting: each round grows a tree a class."""
ITERATIONS, FEWEST_ITERATIONS, MULTIPLICATIONS = 200, 20, 2e10
"""Of the linear model; fewer where they would take more multiplications, about half a minute of one core."""
SECONDS = 60.0

Predict = Callable[[Features], NDArray[Any]]
"""(n, features) to probabilities (n, classes), or to numbers (n, outputs)."""
Name = Literal["majority", "mean", "linear", "gradient-boosting"]


def fit_baseline(
    train: Shards, val: Shards, test: Shards | None, classes: int | None, alive: Callable[[str, int], None]
) -> tuple[Baseline, ...]:
    """Return what simple models reach; what cannot be fitted is left out, with a line in the log.

    Args:
        train: split that they are fitted to.
        val: split that judges them.
        test: split that judges them too, if there is one.
        classes: number of classes; None: a regression.
        alive: told after each model; it may raise to stop.
    """
    if classes is not None and (classes > MOST_CLASSES or train.targets().ndim > 1):
        return ()
    started, made = time.monotonic(), []
    rows = even_sample(len(train), MOST_EXAMPLES)
    inputs = train.read(rows)
    features = make_features(inputs)
    x, y = features(inputs), _targets(train, rows, classes)
    splits = [("val", val)] + ([("test", test)] if test else [])
    judged = {}
    for name, split in splits:
        some = even_sample(len(split), MOST_JUDGED)
        judged[name] = features(split.read(some)), _targets(split, some, classes)
    for name, fit in _models(classes):
        if time.monotonic() - started > SECONDS:
            log("baseline", message=f"{name} is left out: the simpler models took {SECONDS:.0f} seconds")
            break
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # that a fit has not converged shows in its metrics
                made.append(_judge(name, fit(x, y), judged, classes, len(x)))
        except Exception as error:
            # The data are prepared; a model that they do not suit must not cost that.
            log("baseline", message=f"{name} is left out: {type(error).__name__}: {error}")
        alive(f"fitted by the baseline {name}", len(x))
    return tuple(made)


def even_sample(count: int, most: int) -> NDArray[np.int64]:
    """Return the places of at most so many examples, evenly spread."""
    return np.arange(count) if count <= most else np.linspace(0, count - 1, most).astype(np.int64)


def _targets(split: Shards, rows: NDArray[np.int64], classes: int | None) -> NDArray[Any]:
    y = split.targets()[rows]
    return y if classes is not None else y.reshape(len(y), -1)


def _judge(name: Name, predict: Predict, judged: dict[str, Any], classes: int | None, examples: int) -> Baseline:
    metrics: dict[str, float] = {}
    errors: dict[str, float] = {}
    of = scores.of_numbers if classes is None else scores.of_classes
    for split, (x, y) in judged.items():
        predicted = predict(x)
        metrics |= {f"{split}_{metric}": round(value, 6) for metric, value in of(predicted, y).items()}
        if split == "val":
            found = scores.standard_errors(predicted, y, classes=classes is not None)
            errors = {f"val_{metric}": round(value, 6) for metric, value in found.items()}
    return Baseline(name=name, metrics=metrics, errors=errors, examples=examples)


def _models(classes: int | None) -> Iterator[tuple[Name, Callable[[Features, NDArray[Any]], Predict]]]:
    if classes is None:
        yield "mean", lambda _, y: lambda x: np.repeat(y.mean(0, keepdims=True), len(x), 0)
        yield "linear", _ridge
        yield "gradient-boosting", _boosted_numbers
        return
    yield "majority", lambda _, y: _constant(np.bincount(y, minlength=classes) / len(y))
    yield "linear", lambda x, y: _logistic(x, y, classes)
    if classes <= BOOSTED_CLASSES:
        yield "gradient-boosting", lambda x, y: _boosted_classes(x, y, classes)


def _constant(shares: NDArray[Any]) -> Predict:
    return lambda x: np.repeat(shares[None], len(x), 0)


def _logistic(x: Features, y: NDArray[Any], classes: int) -> Predict:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return _of_all_classes(
        make_pipeline(StandardScaler(), LogisticRegression(max_iter=_iterations(x.size * classes))).fit(x, y), classes
    )


def _iterations(size: int) -> int:
    """Return how many there is time for, each of so many multiplications."""
    return int(min(ITERATIONS, max(FEWEST_ITERATIONS, MULTIPLICATIONS // size)))


def _rounds(classes: int) -> int:
    # Two classes need one tree.
    return min(ROUNDS, TREES // max(1, classes - 1))


def _boosted_classes(x: Features, y: NDArray[Any], classes: int) -> Predict:
    from sklearn.ensemble import HistGradientBoostingClassifier

    kept = _varying(x)
    model = HistGradientBoostingClassifier(max_iter=_rounds(classes), random_state=0).fit(x[:, kept], y)
    predict = _of_all_classes(model, classes)
    return lambda rows: predict(rows[:, kept])


def _ridge(x: Features, y: NDArray[Any]) -> Predict:
    from sklearn.linear_model import RidgeCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), RidgeCV(np.geomspace(0.01, 1000, 11))).fit(x, y)
    return lambda rows: model.predict(rows).reshape(len(rows), -1)


def _boosted_numbers(x: Features, y: NDArray[Any]) -> Predict:
    from sklearn.ensemble import HistGradientBoostingRegressor

    kept = _varying(x)
    models = [HistGradientBoostingRegressor(max_iter=ROUNDS, random_state=0).fit(x[:, kept], output) for output in y.T]
    return lambda rows: np.stack([model.predict(rows[:, kept]) for model in models], 1)


def _varying(x: Features) -> NDArray[np.int64]:
    return np.sort(np.argsort(-x.var(0), kind="stable")[:BOOSTED_FEATURES])


def _of_all_classes(model: Any, classes: int) -> Predict:
    """Return its probabilities in the order of all classes: a sample may lack some."""

    def predict(x: Features) -> NDArray[Any]:
        made = np.zeros((len(x), classes))
        made[:, model.classes_] = model.predict_proba(x)
        return made

    return predict
