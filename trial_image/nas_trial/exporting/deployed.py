"""The network as it is exported: what can be computed of the preprocessing is inside.

Images come as their values are (bytes, mostly), numbers and series in their own units with NaN for none, and numbers
that are predicted leave in the target's unit. What no such format computes stays outside and is told in the card:
reading and scaling image files, words to tokens, categories to codes, sound to one rate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from nas_model.preprocessing.forms import ClassesForm, NumbersForm, Preprocessing

Raw = Mapping[str, NDArray[np.generic]]
"""Inputs of n examples by name, as a :class:`DeployedNetwork` takes them."""


class DeployedNetwork(nn.Module):
    """Takes raw tensors in the order of :attr:`inputs`; gives logits (N, classes), or numbers (N, outputs)."""

    def __init__(self, network: nn.Module, preprocessing: Preprocessing) -> None:
        super().__init__()
        self.network = network
        # Inputs without columns are none: no format has tensors of no size.
        self.inputs = tuple(name for name, zeros in preprocessing.signature.zeros().items() if zeros.numel())
        self.output = "logits" if isinstance(preprocessing.target, ClassesForm) else "numbers"
        image, series, numeric, target = (
            preprocessing.image,
            preprocessing.series,
            preprocessing.numeric,
            preprocessing.target,
        )
        self.scaled: set[str] = set()
        if image:
            self._scale("image", image.mean, image.deviation, (1, -1, 1, 1), torch.float32)
        if series:
            self._scale("series", series.mean, series.deviation, (1, -1, 1), torch.float64)
        if numeric and numeric.columns:
            self._scale("numeric", numeric.mean, numeric.deviation, (1, -1), torch.float64)
        if isinstance(target, NumbersForm):
            self._scale("numbers", target.mean, target.deviation, (1, -1), torch.float64)

    def _scale(
        self, name: str, mean: Sequence[float], deviation: Sequence[float], shape: tuple[int, ...], dtype: torch.dtype
    ) -> None:
        self.scaled.add(name)
        for kind, values in (("mean", mean), ("deviation", deviation)):
            self.register_buffer(f"{name}_{kind}", torch.tensor(values, dtype=dtype).reshape(shape), persistent=False)

    def forward(self, *raw: Tensor) -> Tensor:
        """Return the outputs (N, outputs): float32, of numbers float64."""
        named = zip(self.inputs, raw, strict=True)
        outputs: Tensor = self.network({name: self._prepared(name, values) for name, values in named})
        if self.output in self.scaled:
            mean, deviation = self._scale_of("numbers")
            # In 64 bits: 32 hold no differences of seconds in numbers that count them from 1970.
            return outputs.double() * deviation + mean
        return outputs

    def _prepared(self, name: str, values: Tensor) -> Tensor:
        if name not in self.scaled:
            return values
        mean, deviation = self._scale_of(name)
        standardised = (values.to(mean.dtype) - mean) / deviation
        if name != "image":
            standardised = torch.where(standardised.isnan(), torch.zeros_like(standardised), standardised)
        return standardised.float()

    def _scale_of(self, name: str) -> tuple[Tensor, Tensor]:
        return self.get_buffer(f"{name}_mean"), self.get_buffer(f"{name}_deviation")

    def raw(self, rows: Mapping[str, Tensor]) -> dict[str, NDArray[np.generic]]:
        """Return examples as they are kept (``rows`` of a `nas_trial.data.examples.Batch`) as this network takes them.

        Numbers and series are kept standardised: back in their units, missing ones are the mean.
        """
        found: dict[str, NDArray[np.generic]] = {}
        for name in self.inputs:
            values = rows[name].cpu()
            if name in ("series", "numeric"):
                mean, deviation = (scale.cpu() for scale in self._scale_of(name))
                values = values.double() * deviation + mean
            elif values.dtype == torch.int32:
                values = values.long()
            found[name] = values.numpy()
        return found

    def in_deviations(self, outputs: NDArray[np.generic]) -> NDArray[np.float32]:
        """Return outputs of this network, or of an export of it, as the network within gives them."""
        if self.output not in self.scaled:
            return outputs.astype(np.float32)
        mean, deviation = (scale.cpu().numpy() for scale in self._scale_of("numbers"))
        return np.asarray((outputs - mean) / deviation, np.float32)
