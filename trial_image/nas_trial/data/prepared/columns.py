"""What shards keep of an example: the arrays that the preprocessing makes, as columns."""

from __future__ import annotations

from nas_model.preprocessing.forms import Preprocessing
from nas_trial.data.prepared.arrow_file import Column


def columns_of(preprocessing: Preprocessing) -> tuple[Column, ...]:
    """Return what `Preprocessing.arrays` makes of one example, by input."""
    columns = []
    if image := preprocessing.image:
        columns.append(Column("image", image.type, (image.channels, image.height, image.width)))
    if audio := preprocessing.audio:
        columns.append(Column("audio", "float32", (audio.samples,)))
    if series := preprocessing.series:
        columns.append(Column("series", "float32", (series.channels, series.steps)))
    if text := preprocessing.text:
        columns.append(Column("text", "int32", (text.length,)))
    if numeric := preprocessing.numeric:
        columns.append(Column("numeric", "float32", (len(numeric.columns),)))
    if categorical := preprocessing.categorical:
        columns.append(Column("categorical", "int32", (len(categorical.columns),)))
    return tuple(columns)
