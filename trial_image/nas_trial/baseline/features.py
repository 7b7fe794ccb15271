"""One row of numbers an example, made of its prepared inputs, for models that know nothing of images, texts or time.

Images: the means of a grid of at most 16 x 16 cells. Texts: tf-idf of the most frequent words. Sound: mean and
deviation of 32 bands of its spectrum. Series: their values, or 16 means and deviations of each channel of long ones.
Numbers as they are; categories one-hot.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Rows = Mapping[str, NDArray[Any]]
"""Inputs of n examples by name, as shards keep them."""
Features = NDArray[np.float32]
"""(n, features)"""

GRID = 16
BANDS, FRAME = 32, 512
PARTS = 16
MOST_STEPS = 512
"""Values of a series that are features as they are."""
WORDS = 1000
CATEGORIES = 50
"""Of a column, from the most frequent on; the others are together."""


def make_features(train: Rows) -> Callable[[Rows], Features]:
    """Return what makes features of rows, fitted to the training rows: words, categories."""
    # A table without categories has an input of no columns.
    parts = [(name, _OF[name](values)) for name, values in train.items() if name in _OF and values.size]

    def features(rows: Rows) -> Features:
        made = [part(rows[name]) for name, part in parts]
        return np.concatenate([np.asarray(values, np.float32) for values in made], 1)

    return features


_Part = Callable[[NDArray[Any]], NDArray[Any]]


def _images(_: NDArray[Any]) -> _Part:
    def means(x: NDArray[Any]) -> NDArray[Any]:
        x = np.asarray(x, np.float32)  # (n, C, H, W)
        for axis in (2, 3):
            size = x.shape[axis]
            if size > GRID:
                starts = np.arange(GRID) * size // GRID
                counts = np.diff([*starts, size]).reshape([-1 if k == axis else 1 for k in range(4)])
                x = np.add.reduceat(x, starts, axis) / counts
        return x.reshape(len(x), -1)

    return means


def _texts(train: NDArray[Any]) -> _Part:
    counts = np.zeros(int(train.max(initial=1)) + 1, np.int64)  # examples with a token
    for row in train:
        counts[np.unique(row)] += 1
    # 0 fills up, 1 is any word that is not known.
    counts[:2] = 0
    words = np.argsort(-counts, kind="stable")[:WORDS]
    words = words[counts[words] > 0]
    weights = np.log((1 + len(train)) / (1 + counts[words])) + 1
    place = np.full(len(counts), -1)
    place[words] = np.arange(len(words))

    def tf_idf(x: NDArray[Any]) -> NDArray[Any]:
        made = np.zeros((len(x), len(words)), np.float32)
        known = np.where(x < len(place), place[np.minimum(x, len(place) - 1)], -1)  # (n, length)
        rows, places = np.nonzero(known >= 0)
        np.add.at(made, (rows, known[rows, places]), 1)
        made *= weights.astype(np.float32)
        normed: NDArray[Any] = made / np.maximum(np.linalg.norm(made, axis=1, keepdims=True), 1e-12)
        return normed

    return tf_idf


def _sound(_: NDArray[Any]) -> _Part:
    def bands(x: NDArray[Any]) -> NDArray[Any]:
        made = []
        for wave in x:  # one by one: frames of all at once would be many times their size
            wave = np.pad(wave, (0, max(0, FRAME - len(wave))))
            frames = np.lib.stride_tricks.sliding_window_view(wave, FRAME)[:: FRAME // 2]
            power = np.abs(np.fft.rfft(frames * np.hanning(FRAME))) ** 2  # (frames, FRAME / 2 + 1)
            edges = np.unique(np.geomspace(1, power.shape[1] - 1, BANDS + 1).astype(int))
            energy = np.log(np.add.reduceat(power[:, : edges[-1]], edges[:-1], 1) + 1e-8)
            made.append(np.concatenate([energy.mean(0), energy.std(0)]))
        return np.array(made, np.float32)

    return bands


def _series(_: NDArray[Any]) -> _Part:
    def values(x: NDArray[Any]) -> NDArray[Any]:
        if x.shape[1] * x.shape[2] <= MOST_STEPS:
            return x.reshape(len(x), -1)
        parts = np.array_split(x, min(PARTS, x.shape[2]), axis=2)
        return np.concatenate([of for part in parts for of in (part.mean(2), part.std(2))], 1)

    return values


def _numbers(_: NDArray[Any]) -> _Part:
    return lambda x: x


def _categories(train: NDArray[Any]) -> _Part:
    kept = []
    for column in train.T:
        codes, counts = np.unique(column, return_counts=True)
        kept.append(codes[np.argsort(-counts, kind="stable")[:CATEGORIES]])
    return lambda x: np.concatenate([x[:, [k]] == codes for k, codes in enumerate(kept)], 1)


_OF: Mapping[str, Callable[[NDArray[Any]], _Part]] = {
    "image": _images,
    "text": _texts,
    "audio": _sound,
    "series": _series,
    "numeric": _numbers,
    "categorical": _categories,
}
