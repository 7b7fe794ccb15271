"""Fits the preprocessing to the training rows of a spool: statistics of all rows would tell of those that judge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nas_core.api.task import Task
from nas_model.preprocessing.category_codes import CategoryCodes
from nas_model.preprocessing.forms import (
    AudioForm,
    CategoricalForm,
    ClassesForm,
    ImageForm,
    NumbersForm,
    NumericForm,
    Preprocessing,
    SeriesForm,
    TextForm,
)
from nas_trial.data.check import empty_texts, single_valued
from nas_trial.data.prepared.arrow_file import BYTES
from nas_trial.data.prepared.image_files import MODES
from nas_trial.data.prepared.spool import Spool
from nas_trial.data.raw import Index
from nas_trial.data.scaling import Moments
from nas_trial.data.vocabulary import Vocabulary


@dataclass(frozen=True)
class Fitted:
    """The preprocessing, and what was seen of the training rows."""

    preprocessing: Preprocessing
    oddities: tuple[str, ...]
    """Warnings about columns and texts."""


def fit(spool: Spool, train: Index, target: ClassesForm | NumbersForm, task: Task) -> Fitted:
    """Learn statistics, categories and words from the training rows."""
    wanted = np.zeros(len(spool), bool)
    wanted[train] = True
    parts: dict[str, Any] = {}
    oddities: list[str] = []
    if (audio := spool.column("audio")) is not None:
        parts["audio"] = AudioForm(column=_column(spool, "audio"), rate=task.dataset.audio.rate, samples=audio.shape[0])
    if spool.column("image") is not None:
        parts["image"] = _images(spool, train, task)
    if spool.column("series") is not None:
        parts["series"] = _series(spool, wanted)
    if spool.column("text") is not None:
        parts["text"], found = _texts(spool, wanted, task)
        oddities += found
    if spool.column("numeric") is not None:
        parts["numeric"], found = _numbers(spool, wanted)
        oddities += found
    if spool.column("categorical") is not None:
        parts["categorical"], found = _categories(spool, wanted)
        oddities += found
    return Fitted(Preprocessing(task=task.type, target=target, **parts), tuple(oddities))


def numbers_form(targets: NDArray[np.float64], columns: tuple[str, ...]) -> NumbersForm:
    """Return mean and deviation of the training targets of a regression, (N) or (N, outputs)."""
    mean, deviation = np.atleast_1d(targets.mean(0)), np.atleast_1d(targets.std(0))
    # All training rows may have one target, though the data as a whole has several.
    deviation = np.where(deviation > 0, deviation, 1.0)
    return NumbersForm(columns=columns, mean=tuple(mean.tolist()), deviation=tuple(deviation.tolist()))


def _images(spool: Spool, train: Index, task: Task) -> ImageForm:
    column = spool.column("image")
    assert column is not None and spool.channels is not None
    channels, height, width = column.shape
    mean, deviation = spool.channels.of(train)
    kept_as_bytes = column.type in (BYTES, "uint8")
    return ImageForm(
        column=_column(spool, "image"),
        channels=channels,
        height=height,
        width=width,
        type="uint8" if kept_as_bytes else "float32",
        mode=MODES.get(channels) if kept_as_bytes else None,
        size=task.dataset.image.size,
        bits=spool.data.bits,
        mean=tuple(mean.tolist()),
        deviation=tuple(deviation.tolist()),
    )


def _series(spool: Spool, wanted: NDArray[np.bool_]) -> SeriesForm:
    column = spool.column("series")
    assert column is not None
    moments = Moments.none(column.shape[0])
    for _, values in spool.blocks(wanted, ["series"]):
        # By channel: (n, C, T) to (n * T, C).
        moments.add(np.moveaxis(values["series"], 1, 2).reshape(-1, column.shape[0]))
    scale = moments.standardiser()
    return SeriesForm(
        channels=column.shape[0],
        steps=column.shape[1],
        mean=tuple(scale.mean.tolist()),
        deviation=tuple(scale.deviation.tolist()),
    )


def _texts(spool: Spool, wanted: NDArray[np.bool_], task: Task) -> tuple[TextForm, list[str]]:
    options = task.dataset.text
    published = spool.data.tokenizer
    vocabulary = Vocabulary(options.length)
    empty: list[int] = []
    for rows, values in spool.blocks(wanted, ["text"]):
        if published is None:
            vocabulary.add(values["text"])
        empty += [int(row) for row, text in zip(rows, values["text"], strict=True) if not text.strip()]
    oddities = empty_texts(spool.data, empty)
    form = TextForm(column=_column(spool, "text"), length=options.length)
    if published is not None:
        return form.model_copy(update={"rule": "tokenizer-json", "tokenizer": published}), oddities
    return form.model_copy(update={"words": vocabulary.tokenizer(options.vocabulary).words}), oddities


def _numbers(spool: Spool, wanted: NDArray[np.bool_]) -> tuple[NumericForm, list[str]]:
    column = spool.column("numeric")
    assert column is not None
    moments = Moments.none(column.shape[0])
    for _, values in spool.blocks(wanted, ["numeric"]):
        moments.add(values["numeric"])
    scale = moments.standardiser()
    form = NumericForm(
        columns=_names(spool, "numeric", column.shape[0]),
        mean=tuple(scale.mean.tolist()),
        deviation=tuple(scale.deviation.tolist()),
    )
    return form, single_valued(spool.data, "numeric", moments.single)


def _categories(spool: Spool, wanted: NDArray[np.bool_]) -> tuple[CategoricalForm, list[str]]:
    names = spool.data.categories
    # One more at the end: a missing one is at -1.
    counts = [np.zeros(len(column) + 1, np.int64) for column in names]
    for _, values in spool.blocks(wanted, ["categorical"]):
        for column, count in zip(values["categorical"].T, counts, strict=True):
            count += np.bincount(column % len(count), minlength=len(count))
    codes = CategoryCodes.of([count[:-1] > 0 for count in counts], names)
    form = CategoricalForm(columns=_names(spool, "categorical", len(names)), categories=codes.categories)
    # A column of nothing but missing ones has a single value too.
    return form, single_valued(spool.data, "categorical", [int((count > 0).sum()) <= 1 for count in counts])


def _names(spool: Spool, kind: str, count: int) -> tuple[str, ...]:
    columns = spool.data.columns
    return tuple(columns[kind]) if columns and kind in columns else tuple(str(number) for number in range(count))


def _column(spool: Spool, kind: str) -> str | None:
    """Return the name of the column of texts, or of paths of files."""
    columns = spool.data.columns or {}
    return columns[kind][0] if kind in columns else None
