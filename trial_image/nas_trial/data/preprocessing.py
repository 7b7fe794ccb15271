"""Preprocessing fitted to the training examples: it makes the tensors of `nas_trial.data_signature` of all examples."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nas_core.api.task import Task, TextOptions
from nas_trial.data.raw import MISSING, Index, RawData
from nas_trial.data_signature import AudioInput, ImageInput, SeriesInput, Signature, TableInput, TextInput

STATISTICS_CHUNK = 1024
"""Images that are widened to 64 bits at a time."""
ROUNDING = 1e-12
"""What varies by less than this share of its mean is constant, and is not divided by its deviation."""
PADDING, UNKNOWN = 0, 1
"""Tokens that stand for no word."""
WORD = r"(?u)\w+|[^\w\s]"


Transform = Callable[[NDArray[Any]], NDArray[Any]]


@dataclass(frozen=True)
class Preprocessing:
    """What was fitted: it turns examples into tensors."""

    signature: Signature
    scales: dict[str, tuple[Tensor, Tensor]]
    """Mean and deviation of inputs that stay as they are and are standardised batch by batch."""
    transforms: dict[str, Transform]
    codes: CategoryCodes | None = None

    def inputs(self, data: RawData, rows: Index) -> dict[str, Tensor]:
        """Return the inputs of some examples, whole numbers of tables and texts as int32."""
        made = {name: transform(data.inputs[name][rows]) for name, transform in self.transforms.items()}
        if self.codes:
            made["categorical"] = self.codes.encode(data.inputs["categorical"][rows], data.categories)
        return {name: torch.from_numpy(np.ascontiguousarray(values)) for name, values in made.items()}


def fit(data: RawData, train: Index, task: Task, outputs: int) -> Preprocessing:
    """Learn statistics, categories and words from the training rows."""
    parts: dict[str, Any] = {}
    scales: dict[str, tuple[Tensor, Tensor]] = {}
    transforms: dict[str, Transform] = {}
    codes: CategoryCodes | None = None
    if "image" in data.inputs:
        images = data.inputs["image"]
        parts["image"] = ImageInput(*images.shape[1:])
        scales["image"] = _channels(images, train)
        transforms["image"] = _as_they_are
    if "audio" in data.inputs:
        parts["audio"] = AudioInput(task.dataset.audio.rate, data.inputs["audio"].shape[1])
        transforms["audio"] = _as_they_are
    if "series" in data.inputs:
        series = data.inputs["series"]
        parts["series"] = SeriesInput(*series.shape[1:])
        transforms["series"] = Standardiser.fit(series[train], axes=(0, 2))  # (N, C, T): by channel
    if "text" in data.inputs:
        tokens = Tokenizer.fit(data.inputs["text"][train], task.dataset.text)
        parts["text"] = TextInput(len(tokens.codes) + 2, tokens.length)  # and padding and unknown
        transforms["text"] = tokens
    if "numeric" in data.inputs:
        codes = CategoryCodes.fit(data.inputs["categorical"][train], data.categories)
        sizes = tuple(len(column) + 1 for column in codes.columns)  # and 0
        parts["table"] = TableInput(data.inputs["numeric"].shape[1], sizes)
        transforms["numeric"] = Standardiser.fit(data.inputs["numeric"][train], axes=(0,))  # (N, F): by column
    return Preprocessing(Signature(outputs, **parts), scales, transforms, codes)


@dataclass(frozen=True)
class Standardiser:
    """Numbers with mean 0 and deviation 1 over the training examples; missing ones become 0, the mean."""

    mean: NDArray[np.float64]
    deviation: NDArray[np.float64]

    @classmethod
    def fit(cls, values: NDArray[Any], axes: tuple[int, ...]) -> Standardiser:
        """Learn from values with NaN where one is missing; each place along the other axes is scaled by itself."""
        values = values.astype(np.float64)
        there = ~np.isnan(values)
        # In two passes: the mean of squares minus the square of the mean loses all digits of large numbers.
        count = np.maximum(there.sum(axes, keepdims=True), 1)
        mean = np.where(there, values, 0.0).sum(axes, keepdims=True) / count
        squares = np.where(there, values - mean, 0.0) ** 2
        deviation = np.sqrt(squares.sum(axes, keepdims=True) / count)
        constant = deviation <= ROUNDING * np.abs(mean)
        return cls(mean, np.where(constant, 1.0, deviation))

    def __call__(self, values: NDArray[Any]) -> NDArray[np.float32]:
        """Standardise values; the result has no NaN."""
        return np.nan_to_num((values - self.mean) / self.deviation, nan=0.0).astype(np.float32)


@dataclass(frozen=True)
class CategoryCodes:
    """Codes of categories from 1, in the order of the alphabet; 0 is missing, or not among the training examples."""

    columns: tuple[Mapping[str, int], ...]

    @classmethod
    def fit(cls, values: NDArray[np.int32], categories: Sequence[Sequence[str]]) -> CategoryCodes:
        """Learn from (N, K) places in the categories of each column."""
        there = (np.unique(column[column != MISSING]) for column in values.T)
        different = (sorted(names[place] for place in places) for names, places in zip(categories, there, strict=True))
        return cls(tuple({value: code for code, value in enumerate(column, 1)} for column in different))

    def encode(self, values: NDArray[np.int32], categories: Sequence[Sequence[str]]) -> NDArray[np.int32]:
        """Return the codes (N, K) of places in categories, which may be others than those that were learned from."""
        coded = np.zeros(values.shape, np.int32)
        for k, (codes, names) in enumerate(zip(self.columns, categories, strict=True)):
            # One more at the end: a missing one is at -1.
            coded[:, k] = np.array([*(codes.get(name, 0) for name in names), 0], np.int32)[values[:, k]]
        return coded


@dataclass(frozen=True)
class Tokenizer:
    """Codes of words and punctuation marks from 2, the most frequent first; 1 is any other, 0 fills short texts."""

    codes: Mapping[str, int]
    length: int

    @classmethod
    def fit(cls, texts: NDArray[Any], options: TextOptions) -> Tokenizer:
        """Learn the vocabulary from what networks see of the texts (N)."""
        analyze = _analyzer()
        counts = Counter(word for text in texts for word in analyze(text)[: options.length])
        # Ties are broken by the alphabet: all trials of a search must have one vocabulary.
        ranked = sorted(counts, key=lambda word: (-counts[word], word))[: options.vocabulary - 2]
        return cls({word: code for code, word in enumerate(ranked, 2)}, options.length)

    def __call__(self, texts: NDArray[Any]) -> NDArray[np.int32]:
        """Return the tokens (N, L); a text without any has one unknown, so that no example is all padding."""
        analyze = _analyzer()
        tokens = np.full((len(texts), self.length), PADDING, np.int32)
        for row, text in enumerate(texts):
            # One unknown word for an empty text: attention over nothing but padding has no value.
            codes = [self.codes.get(word, UNKNOWN) for word in analyze(text)[: self.length]] or [UNKNOWN]
            tokens[row, : len(codes)] = codes
        return tokens


def _analyzer() -> Callable[[str], list[str]]:
    from sklearn.feature_extraction.text import CountVectorizer

    analyze: Callable[[str], list[str]] = CountVectorizer(token_pattern=WORD).build_analyzer()
    return analyze


def _as_they_are(values: NDArray[Any]) -> NDArray[Any]:
    return values


def _channels(images: NDArray[Any], train: Index) -> tuple[Tensor, Tensor]:
    """Return mean and deviation of each channel of the training images (N, C, H, W), as (1, C, 1, 1)."""

    def mean_of(what: Callable[[Tensor], Tensor]) -> Tensor:
        total = torch.zeros(1, images.shape[1], 1, 1, dtype=torch.float64)
        # In pieces: all images as float64 would take eight times their memory.
        for start in range(0, len(train), STATISTICS_CHUNK):
            values = torch.from_numpy(images[train[start : start + STATISTICS_CHUNK]]).double()  # (n, C, H, W)
            total += what(values).sum((0, 2, 3), keepdim=True)
        return total / (len(train) * math.prod(images.shape[2:]))

    mean = mean_of(lambda values: values)
    if images.dtype == np.uint8:
        # Sums of bytes and of their squares are exact. Rounding may bring a variance of 0 below it.
        variance = (mean_of(torch.square) - mean.square()).clamp_min(0)
    else:
        # As in `Standardiser.fit`: of large numbers the form above loses all digits.
        variance = mean_of(lambda values: (values - mean).square())
    std = variance.sqrt()
    std = torch.where(std > 1e-6, std, 1.0)  # a constant channel is only centred
    return mean.float(), std.float()
