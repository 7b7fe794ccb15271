"""`spec.task` of a search: what is to be learned, from which data."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from nas_core.api.base import ApiModel, Rule, k8s
from nas_core.api.types import Fraction

ColumnName = Annotated[str, Field(min_length=1, max_length=128)]


class Columns(ApiModel):
    """What the columns of a table are. Those named nowhere are typed by what they hold."""

    numeric: list[ColumnName] = Field(
        default=[], max_length=512, description="Columns of numbers: an error if one holds something else."
    )
    categorical: list[ColumnName] = Field(
        default=[], max_length=512, description="Columns of categories, whatever they hold."
    )
    text: ColumnName | None = Field(default=None, description="The column of texts; default: the one called text.")
    image: ColumnName | None = Field(
        default=None,
        description="The column of image paths, relative to the table; default: the one called image.",
    )
    audio: ColumnName | None = Field(
        default=None,
        description="The column of sound file paths, relative to the table; default: the one called audio.",
    )
    ignore: list[ColumnName] = Field(default=[], max_length=512, description="Columns that are left alone.")


class TextOptions(ApiModel):
    """How texts become tokens: lower-case words and punctuation marks, known from the training examples."""

    vocabulary: int = Field(
        default=10_000, ge=8, le=1_000_000, description="Tokens that are told apart, the most frequent ones."
    )
    length: int = Field(default=128, ge=1, le=8192, description="Tokens of a text; longer ones are cut.")


class AudioOptions(ApiModel):
    """How sound is brought into one form: mono, of one rate and length."""

    seconds: Fraction | Annotated[str, Field()] = "1"
    rate: int = Field(default=16_000, ge=1000, le=192_000, description="Samples a second; others are resampled.")
