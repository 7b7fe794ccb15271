"""Where training stands: what a checkpoint holds beside the weights."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter


@dataclass
class Progress:
    """Where training stands. Its fields are those of a checkpoint's manifest, which other versions read."""

    epoch: int = 0
    """Epochs completed."""
    step: int = 0
    """Steps completed of the next one."""
    sums: dict[str, float] = field(default_factory=dict)
    """Running sums of the epoch under way: loss, correct, seen."""
    metrics: dict[str, float] = field(default_factory=dict)
    """Newest values of the completed epochs."""
    scale: float | None = None
    """Gradient scale of float16 training."""
    seconds: float = 0.0
    """Seconds trained so far, over all attempts."""
    curve: dict[str, Any] = field(default_factory=dict)
    """The objectives after each epoch, as `nas_core.api.curve.Curve` writes itself."""
    best_epoch: int = 0
    """The epoch with the best value of the first objective, counted from 1; 0: none has one yet."""
    best_metrics: dict[str, float] = field(default_factory=dict)
    """``metrics`` as they were after it."""
    best_checkpoint: str = ""
    """Address of the weights that it left; empty: they are not stored."""
    parts: int = 1
    """Parts that a batch is put through the network in, at least: in fewer it did not fit into the memory."""
    scale_steps: int = 0
    """Steps since ``scale`` has last changed: after so many without an overflow it grows."""

    @classmethod
    def of(cls, values: dict[str, Any]) -> Progress:
        """Return what a manifest says; an older one lacks fields, a newer one may have others.

        Raises:
            ValueError: if a field is of another type, which training would only notice later.
        """
        return TypeAdapter(cls).validate_python(values)
