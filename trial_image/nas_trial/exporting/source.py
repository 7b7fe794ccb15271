"""What exporters start from: the network with examples of its inputs. What several formats need is made once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch.export import Dim, ExportedProgram

from nas_trial.exporting.deployed import DeployedNetwork, Raw

EXAMPLES = 4
"""Of the batch that is traced: 0 and 1 would stay what they are, other numbers stand for any."""

Runner = Callable[[Raw], NDArray[np.generic]]
"""An export that is ready to run: from raw inputs of n examples to outputs (n, outputs)."""


# Without eq, so that it can be a key: each source is its own.
@dataclass(frozen=True, eq=False)
class Source:
    """A network to export."""

    network: DeployedNetwork
    """In evaluation mode, on the CPU."""
    calibration: Sequence[Raw]
    """Batches of training examples, by which ranges of numbers are chosen; at least one example."""

    @cached_property
    def program(self) -> ExportedProgram:
        """The network as a graph, for batches of any size from 1."""
        batch = self.calibration[0]
        traced = tuple(
            torch.from_numpy(np.resize(batch[name], (EXAMPLES, *batch[name].shape[1:]))) for name in self.network.inputs
        )
        sizes = tuple({0: Dim("batch", min=1)} for _ in traced)
        # Convolutions in the usual order of dimensions: what runs the export chooses its own.
        network = self.network.to(memory_format=torch.contiguous_format)
        return torch.export.export(network, traced, dynamic_shapes=(sizes,), strict=False)
