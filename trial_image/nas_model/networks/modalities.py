"""One encoder a modality of `nas_core.spaces.multi_modal`, all with the same kind of result.

Shapes: N examples, L vectors of an example, D their width (``width``), S that of the summary (``summary_width``).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from torch import Tensor, nn
from torch.nn import functional

from nas_model.networks.attention import masked_mean
from nas_model.networks.columns import column_parameter
from nas_model.networks.sizes import scaled
from nas_model.networks.tabular import TabularEncoder
from nas_model.networks.text_transformer import TextEncoder
from nas_model.signature import ImageInput, Inputs, TableInput, TextInput

MOST_PLACES = 4
"""Places across and down an image that the fusion tells apart at most."""


class Encoded(NamedTuple):
    """What an encoder has seen: its vectors one by one, and one for all of them."""

    tokens: Tensor
    """(N, L, D)."""
    mask: Tensor | None
    """(N, L), true where a token is; None if all are."""
    summary: Tensor
    """(N, S)."""


class ImageStage(nn.Module):
    """A convolution that halves the image; ``residual`` has another one after it, with a way around."""

    def __init__(self, op: str, c_in: int, c_out: int, kernel: int) -> None:
        super().__init__()
        if op == "sepconv":
            depthwise = nn.Conv2d(c_in, c_in, kernel, 2, kernel // 2, groups=c_in, bias=False)
            convolution: nn.Module = nn.Sequential(depthwise, nn.Conv2d(c_in, c_out, 1, bias=False))
        else:
            convolution = nn.Conv2d(c_in, c_out, kernel, 2, kernel // 2, bias=False)
        self.halve = nn.Sequential(convolution, nn.BatchNorm2d(c_out), nn.ReLU())
        self.more: nn.Module | None = None
        if op == "residual":
            self.more = nn.Sequential(
                nn.Conv2d(c_out, c_out, kernel, 1, kernel // 2, bias=False), nn.BatchNorm2d(c_out)
            )

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to half the height and width, rounded up."""
        x = self.halve(x)
        return x if self.more is None else (x + self.more(x)).relu()


class ImageModality(nn.Module):
    """A stack of stages; its vectors are the places that are left of the image."""

    def __init__(self, architecture: Mapping[str, str], image: ImageInput, width: int) -> None:
        super().__init__()
        stages, channels = [], image.channels
        for place in range(int(architecture["layers"])):
            layer = f"layer.{place}"
            wide = scaled(width, architecture[f"{layer}.width"])
            stages.append(ImageStage(architecture[f"{layer}.op"], channels, wide, int(architecture[f"{layer}.kernel"])))
            channels = wide
        self.stages = nn.Sequential(*stages)
        sides = [math.ceil(side / 2 ** len(stages)) for side in (image.height, image.width)]
        # Not adaptive pooling, which is not deterministic on a GPU.
        self.window = [math.ceil(side / MOST_PLACES) for side in sides]
        down, across = (math.ceil(side / window) for side, window in zip(sides, self.window, strict=True))
        # What is seen says little without where: vectors carry a mark of their place, the summary keeps them in order.
        self.marks = column_parameter(channels, down * across, channels)
        self.width, self.summary_width = channels, down * across * channels

    def forward(self, inputs: Inputs) -> Encoded:
        """See ``image``."""
        x: Tensor = self.stages(inputs["image"])
        places = functional.avg_pool2d(x, self.window, ceil_mode=True).flatten(2).transpose(1, 2) + self.marks
        return Encoded(places, None, places.flatten(1))


class TextModality(nn.Module):
    """A text transformer; its vectors are the words."""

    def __init__(self, architecture: Mapping[str, str], text: TextInput, width: int) -> None:
        super().__init__()
        self.encoder = TextEncoder(architecture, text, width)
        self.width = self.summary_width = self.encoder.width

    def forward(self, inputs: Inputs) -> Encoded:
        """See ``text``."""
        tokens, mask = self.encoder(inputs["text"])
        return Encoded(tokens, mask, masked_mean(tokens, mask))


class TabularModality(nn.Module):
    """A network for tables; its vectors are the columns, or one for the row."""

    def __init__(self, architecture: Mapping[str, str], table: TableInput, width: int) -> None:
        super().__init__()
        self.encoder = TabularEncoder(architecture, table, width)
        self.width = self.summary_width = self.encoder.width

    def forward(self, inputs: Inputs) -> Encoded:
        """See ``numeric`` and ``categorical``."""
        tokens = self.encoder(inputs)
        return Encoded(tokens, None, tokens[:, 0])
