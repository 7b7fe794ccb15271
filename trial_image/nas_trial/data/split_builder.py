"""Makes splits of tensors from the rows that `split` chose; the last step of `load`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from nas_trial.data import check
from nas_trial.data.examples import InMemory, Split
from nas_trial.data.fingerprints import Fingerprints, fingerprints
from nas_trial.data.preprocessing import Preprocessing
from nas_trial.data.raw import Index, RawData
from nas_trial.data.targets import Targets, encode
from nas_trial.process.log import log


@dataclass(frozen=True)
class SplitBuilder:
    """Makes the tensors of a split with the fitted preprocessing."""

    preprocessing: Preprocessing
    classes: tuple[str, ...]
    """Names of the classes; empty for a regression."""
    home: torch.device
    """Where inputs are kept."""
    device: torch.device
    """Where targets are kept."""

    def build(self, data: RawData, y: Targets, rows: Index) -> InMemory:
        """Return a split of some rows; targets ``y`` (N) are those of all examples."""
        inputs = {name: values.to(self.home) for name, values in self.preprocessing.inputs(data, rows).items()}
        return InMemory(inputs, torch.from_numpy(y[rows]).to(self.device))

    def test_reader(self, data: RawData, y: Targets, rows: Index, seen: Fingerprints) -> Callable[[], Split | None]:
        """Return what reads the test split: of these rows, or else from the files that lie apart.

        Of the latter, those that were ``seen`` in training or validation are counted in the log.
        """
        # Taken now, so that what is returned does not hold all the other examples in memory.
        held = data.take(rows) if len(rows) else None
        read_apart, y_held = data.test, y[rows]

        def read() -> Split | None:
            if held is not None:
                return self.build(held, y_held, np.arange(len(held)))
            return self._build_apart(read_apart(), seen) if read_apart else None

        return read

    def _build_apart(self, test: RawData, seen: Fingerprints) -> Split:
        check.check_values(test)
        known = {row.tobytes() for row in seen}
        if repeated := sum(row.tobytes() in known for row in fingerprints(test.inputs)):
            message = f"{test.where}: {repeated} of {len(test)} test rows equal rows that are trained on"
            log("data-warning", message=message)
        return self.build(test, encode(test, self.classes), np.arange(len(test)))
