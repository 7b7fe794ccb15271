"""Preprocessing fitted to the training examples: it makes the arrays of `nas_model.signature` of all examples.

It is kept as ``preprocessing.json`` beside the data that it made (docs/prepared-data.md): from that file alone raw
inputs become what a network was trained on. Needs no PyTorch.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from nas_model.preprocessing.category_codes import CategoryCodes
from nas_model.preprocessing.piece import Piece
from nas_model.preprocessing.published_tokenizer import PublishedTokenizer
from nas_model.preprocessing.standardiser import Standardiser
from nas_model.preprocessing.tokens import Tokenizer

if TYPE_CHECKING:  # needs PyTorch
    from nas_model.signature import Signature

Size = Annotated[int, Field(ge=1)]
Numbers = Annotated[tuple[float, ...], Field(max_length=1_000_000)]
Names = Annotated[tuple[str, ...], Field(max_length=10_000_000)]


class Form(BaseModel):
    """Base of the parts of the file; fields that it does not know are of a later version, and ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


Name = Annotated[str, Field(max_length=10_000)] | None
"""Of the column of a table that holds it, or paths of its files; absent: the data were no table."""


class ImageForm(Form):
    """Images, kept as they are: a network gets (value - mean) / deviation of each channel."""

    column: Name = None
    channels: Size
    height: Size
    width: Size
    type: Literal["uint8", "float32"]
    """Of the values: bytes, or any numbers."""
    mode: str | None = None
    """Pillow's name for bytes of so many channels: L is grey, RGB colour; absent of others."""
    size: int | None = None
    """To which images are scaled and cut; absent: they have to be of this size."""
    bits: int | None = None
    """Of grey images of 16 bits a pixel so many are filled, of which the upper 8 are kept; absent: there were none."""
    mean: Numbers
    deviation: Numbers


class AudioForm(Form):
    """Mono sound, cut or padded with silence."""

    column: Name = None
    rate: Size
    samples: Size


class SeriesForm(Form):
    """Time series; the values of each channel are standardised, missing ones become 0."""

    channels: Size
    steps: Size
    mean: Numbers
    deviation: Numbers


class TextForm(Form):
    """Texts as tokens: the place of a word in ``words`` + 2; 1 is any other, 0 fills up. Or as ``tokenizer`` says."""

    column: Name = None
    length: Size
    rule: Literal["words-or-characters-1", "tokenizer-json"] = "words-or-characters-1"
    """Names `nas_model.preprocessing.tokens`, or ``tokenizer``, which decides then; another rule has another name."""
    words: Names = ()
    tokenizer: str | None = None
    """The content of a tokenizer.json (`nas_model.preprocessing.published_tokenizer`)."""


class NumericForm(Form):
    """Columns of numbers, standardised; missing ones become 0."""

    columns: Names
    mean: Numbers
    deviation: Numbers


class CategoricalForm(Form):
    """Columns of categories: the place in the column's list + 1; 0 is missing or not in the list."""

    columns: Names
    categories: tuple[Names, ...]


class ClassesForm(Form):
    """Targets that are classes, counted from 0 in this order; of two the last is the positive one."""

    kind: Literal["classes", "labels"]
    """labels: an example may be of any number of them."""
    names: Names


class NumbersForm(Form):
    """Targets that are numbers: a network gives (value - mean) / deviation of each."""

    kind: Literal["numbers"] = "numbers"
    columns: Names = ()
    mean: Numbers
    deviation: Numbers


class Preprocessing(Form):
    """What was fitted: it turns examples into arrays."""

    version: Literal[1] = 1
    task: str
    """task.type of the search."""
    image: ImageForm | None = None
    audio: AudioForm | None = None
    series: SeriesForm | None = None
    text: TextForm | None = None
    numeric: NumericForm | None = None
    categorical: CategoricalForm | None = None
    target: Annotated[ClassesForm | NumbersForm, Field(discriminator="kind")]

    @property
    def outputs(self) -> int:
        """The number of a network's outputs."""
        return len(self.target.names) if isinstance(self.target, ClassesForm) else len(self.target.mean)

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes; empty for a regression."""
        return self.target.names if isinstance(self.target, ClassesForm) else ()

    @property
    def signature(self) -> Signature:
        """What networks are built for."""
        from nas_model.signature import AudioInput, ImageInput, SeriesInput, Signature, TableInput, TextInput

        image, audio, series, text = self.image, self.audio, self.series, self.text
        sizes = tuple(len(column) + 1 for column in self.categorical.categories) if self.categorical else ()  # and 0
        return Signature(
            self.outputs,
            image=ImageInput(image.channels, image.height, image.width) if image else None,
            audio=AudioInput(audio.rate, audio.samples) if audio else None,
            series=SeriesInput(series.channels, series.steps) if series else None,
            text=TextInput(self._tokenizer.size, text.length) if text else None,
            table=TableInput(len(self.numeric.columns), sizes) if self.numeric else None,
        )

    def arrays(self, piece: Piece, categories: Sequence[Sequence[str]] = ()) -> dict[str, NDArray[Any]]:
        """Return n examples as they are kept: numbers and series standardised, texts and categories as int32.

        Args:
            piece: as `nas_model.preprocessing.piece` has it; images may also be files, which stay as they are.
            categories: what the categorical values are places in.
        """
        made: dict[str, NDArray[Any]] = {name: piece[name] for name in ("image", "audio") if name in piece}
        if self.series:
            scale = _standardiser(self.series)
            made["series"] = np.moveaxis(scale(np.moveaxis(piece["series"], 1, 2)), 1, 2)  # (n, C, T)
        if self.text:
            made["text"] = self._tokenizer(piece["text"])
        if self.numeric:
            made["numeric"] = _standardiser(self.numeric)(piece["numeric"])
        if self.categorical:
            made["categorical"] = CategoryCodes(self.categorical.categories)(piece["categorical"], categories)
        return made

    @cached_property
    def _tokenizer(self) -> Tokenizer | PublishedTokenizer:
        assert self.text is not None
        if self.text.tokenizer is not None:
            return PublishedTokenizer(self.text.tokenizer, self.text.length)
        return Tokenizer(self.text.words, self.text.length)


def _standardiser(form: SeriesForm | NumericForm) -> Standardiser:
    return Standardiser(np.array(form.mean), np.array(form.deviation))
