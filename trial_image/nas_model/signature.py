"""What a network is built for: the inputs that the data has, and the number of outputs.

The preprocessing has a signature, networks are built from one (`nas_model.networks`), and measurements need no data:
:meth:`Signature.zeros` makes inputs. A network's ``forward`` takes a mapping from the names below to tensors
and returns (N, outputs): logits of the classes, or the one number of a regression.

Inputs, N examples each: ``image`` float (N, C, H, W), each channel standardised; ``text`` int64 (N, L) tokens, 0 is
padding; ``audio`` float (N, T) samples between -1 and 1; ``series`` float (N, C, T), standardised; ``numeric`` float
(N, F), standardised, missing values 0; ``categorical`` int64 (N, K), 0 is unknown or missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

Inputs = Mapping[str, Tensor]


@dataclass(frozen=True)
class ImageInput:
    """Images of one size."""

    channels: int
    height: int
    width: int


@dataclass(frozen=True)
class TextInput:
    """Texts as tokens below ``vocabulary``, cut or padded to ``length``."""

    vocabulary: int
    length: int


@dataclass(frozen=True)
class AudioInput:
    """Mono sound, cut or padded to ``samples``; ``rate`` in samples a second."""

    rate: int
    samples: int


@dataclass(frozen=True)
class SeriesInput:
    """Time series of ``channels`` values, cut or padded to ``steps``."""

    channels: int
    steps: int


@dataclass(frozen=True)
class TableInput:
    """Columns of a table: so many numbers, and of each categorical column the number of codes (0 included)."""

    numeric: int
    categories: tuple[int, ...] = ()


@dataclass(frozen=True)
class Signature:
    """The inputs that are there, and the number of outputs."""

    outputs: int
    image: ImageInput | None = None
    text: TextInput | None = None
    audio: AudioInput | None = None
    series: SeriesInput | None = None
    table: TableInput | None = None

    def zeros(self, examples: int = 1, device: torch.device | str = "cpu") -> dict[str, Tensor]:
        """Return inputs of so many examples, all zero."""
        shapes: dict[str, tuple[tuple[int, ...], torch.dtype]] = {}
        if self.image:
            shapes["image"] = (self.image.channels, self.image.height, self.image.width), torch.float32
        if self.text:
            shapes["text"] = (self.text.length,), torch.int64
        if self.audio:
            shapes["audio"] = (self.audio.samples,), torch.float32
        if self.series:
            shapes["series"] = (self.series.channels, self.series.steps), torch.float32
        if self.table:
            shapes["numeric"] = (self.table.numeric,), torch.float32
            shapes["categorical"] = (len(self.table.categories),), torch.int64
        return {
            name: torch.zeros(examples, *shape, dtype=dtype, device=device) for name, (shape, dtype) in shapes.items()
        }
