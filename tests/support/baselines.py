"""Sensible rivals, one or two a task: what a person would try first, trained on the very examples that networks get.

Each returns scores (M, classes) of the examples to be judged: logarithms of probabilities, or what ranks as they do.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.signal import stft
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC
from tests.support.task_data import Part

Scores = NDArray[np.float64]
FLOOR = 1e-12
"""Probabilities are not taken for less, so that their logarithms are finite."""


def words(train: Part, judged: Part) -> Scores:
    """Logistic regression on TF-IDF of words."""
    return _logistic(_words(), train.inputs["text"], train.y, judged.inputs["text"])


def words_and_columns(train: Part, judged: Part) -> Scores:
    """Logistic regression on TF-IDF of words beside the columns of the table."""
    return _logistic(_together(train), _frame(train), train.y, _frame(judged))


def boosting(train: Part, judged: Part, balanced: bool = False) -> Scores:
    """Gradient boosting on the columns of the table (scikit-learn's HistGradientBoosting)."""
    categories = OneHotEncoder(handle_unknown="ignore", sparse_output=False).fit(_filled(train))
    model = HistGradientBoostingClassifier(class_weight="balanced" if balanced else None, random_state=0)
    model.fit(np.hstack([train.inputs["numeric"], categories.transform(_filled(train))]), train.y)
    return _logarithms(
        model.predict_proba(np.hstack([judged.inputs["numeric"], categories.transform(_filled(judged))]))
    )


def forest(train: Part, judged: Part, *modalities: str) -> Scores:
    """A random forest on pixels, words and numbers side by side, or on some of them."""
    counts = TfidfVectorizer().fit(train.inputs["text"])

    def features(part: Part) -> NDArray[Any]:
        found = {name: values.reshape(len(part.y), -1) for name, values in part.inputs.items() if name != "text"}
        found["text"] = counts.transform(part.inputs["text"]).toarray()
        return np.hstack([found[name] for name in modalities or ("image", "text", "numeric")])

    seen, asked = features(train), features(judged)
    return _logarithms(RandomForestClassifier(200, random_state=0).fit(seen, train.y).predict_proba(asked))


def small_mlp(train: Part, judged: Part, hidden: int) -> Scores:
    """An MLP of one hidden layer on the pixels."""
    model = MLPClassifier((hidden,), random_state=0, max_iter=40)
    seen, asked = (part.inputs["image"].reshape(len(part.y), -1) / 255 for part in (train, judged))
    return _logarithms(model.fit(seen, train.y).predict_proba(asked))


def spectra(train: Part, judged: Part) -> Scores:
    """A support vector machine on logarithmic spectra, averaged over 24 bands and 16 pieces of time."""
    model = make_pipeline(StandardScaler(), SVC(C=10, random_state=0))
    scores: Scores = model.fit(_spectra(train), train.y).decision_function(_spectra(judged))
    return scores


def nearest_by_dtw(train: Part, judged: Part) -> Scores:
    """The nearest training series under dynamic time warping (Sakoe & Chiba 1978)."""
    distances = dtw(judged.inputs["series"].astype(np.float64), train.inputs["series"].astype(np.float64))
    return np.stack([-distances[:, train.y == k].min(1) for k in range(int(train.y.max()) + 1)], 1)


def dtw(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the distances (M, N) of series (M, C, T) and (N, C, T)."""
    steps = one.shape[2]
    costs = np.full((steps + 1, steps + 1, len(one), len(other)), np.inf)
    costs[0, 0] = 0
    for i in range(steps):
        for j in range(steps):
            apart = ((one[:, None, :, i] - other[None, :, :, j]) ** 2).sum(2)
            before = np.minimum(np.minimum(costs[i, j], costs[i, j + 1]), costs[i + 1, j])
            costs[i + 1, j + 1] = apart + before
    found: NDArray[np.float64] = costs[steps, steps]
    return found


def _logistic(features: Any, seen: Any, y: NDArray[np.int64], asked: Any) -> Scores:
    model = make_pipeline(features, LogisticRegression(C=10, max_iter=2000))
    return _logarithms(model.fit(seen, y).predict_proba(asked))


def _words() -> TfidfVectorizer:
    return TfidfVectorizer(sublinear_tf=True, min_df=2)


def _together(train: Part) -> ColumnTransformer:
    return ColumnTransformer([*_columns(train), ("text", _words(), "text")])


def _columns(train: Part) -> list[tuple[str, Any, Any]]:
    numbers = [f"numeric{k}" for k in range(train.inputs["numeric"].shape[1])]
    categories = [f"categorical{k}" for k in range(train.inputs["categorical"].shape[1])]
    return [
        ("numbers", make_pipeline(SimpleImputer(), StandardScaler()), numbers),
        ("categories", OneHotEncoder(handle_unknown="ignore"), categories),
    ]


def _frame(part: Part) -> pd.DataFrame:
    found: dict[str, Any] = {f"numeric{k}": values for k, values in enumerate(part.inputs["numeric"].T)}
    found |= {f"categorical{k}": values for k, values in enumerate(_filled(part).T)}
    return pd.DataFrame(found | {"text": part.inputs["text"]})


def _filled(part: Part) -> NDArray[Any]:
    categories = part.inputs["categorical"]
    return np.where(np.equal(categories, None), "(none)", categories)  # type: ignore[call-overload]


def _spectra(part: Part) -> NDArray[np.float64]:
    _, _, spectrum = stft(part.inputs["audio"], nperseg=256)
    power = np.log(np.abs(spectrum) ** 2 + 1e-8)
    bands = np.array_split(power[:, 1:121], 24, axis=1)
    pieces = [np.array_split(band.mean(1), 16, axis=1) for band in bands]
    return np.stack([piece.mean(1) for band in pieces for piece in band], 1)


def _logarithms(probabilities: NDArray[np.float64]) -> Scores:
    found: Scores = np.log(np.maximum(probabilities, FLOOR))
    return found
