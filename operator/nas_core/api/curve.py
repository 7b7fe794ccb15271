"""The learning curve of a trial: in its result, in its status, and in a checkpoint."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from nas_core.api.base import ApiModel, k8s

MOST_POINTS = 64
EPOCH_LIMIT = 2**31 - 1
DIGITS = 6
"""Digits that matter; more would only make a long curve longer."""


class Curve(ApiModel):
    """Values after at most 64 of the epochs. In a longer curve the older points are further apart."""

    epochs: list[Annotated[int, Field(ge=1, le=EPOCH_LIMIT)]] = Field(
        default=[], max_length=MOST_POINTS, description="Epochs completed at each point, in rising order."
    )
    # A column for each objective, of which a search has at most 4.
    values: dict[str, Annotated[list[float], Field(max_length=MOST_POINTS)]] = Field(
        default={}, json_schema_extra=k8s(max_properties=4), description="One value for each point, by metric."
    )

    @property
    def sound(self) -> bool:
        """Whether the epochs rise and every metric has a finite value for each of them."""
        rising = all(a < b for a, b in zip(self.epochs, self.epochs[1:], strict=False))
        columns = self.values.values()
        return rising and all(len(c) == len(self.epochs) and all(map(math.isfinite, c)) for c in columns)

    def with_point(self, epoch: int, values: Mapping[str, float]) -> Curve:
        """Return the curve with one more point.

        Points of that epoch and of later ones are dropped: training went back to an earlier checkpoint. So are all if
        the point has other metrics than they. Of more than 64 points every second one goes.
        """
        rounded = {name: float(f"{value:.{DIGITS}g}") for name, value in values.items()}
        earlier = sum(e < epoch for e in self.epochs) if self.values.keys() == rounded.keys() else 0
        epochs = [*self.epochs[:earlier], epoch]
        columns = {name: [*self.values.get(name, [])[:earlier], value] for name, value in rounded.items()}
        longer = Curve.model_construct(epochs=epochs, values=columns)
        return longer if len(epochs) <= MOST_POINTS else longer.halved()

    def halved(self) -> Curve:
        """Return every second point, the last one among them."""
        first = (len(self.epochs) - 1) % 2
        return Curve.model_construct(
            epochs=self.epochs[first::2], values={name: column[first::2] for name, column in self.values.items()}
        )
