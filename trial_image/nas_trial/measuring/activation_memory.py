"""How much memory the activations of one example need at once: what decides whether a network fits a small device.

The forward pass is recorded operation by operation. A tensor lives from the operation that makes it to the last one
that reads it, the inputs from the start, the outputs to the end. What nobody reads is not there (a pooling's indices),
views share their tensor's memory, and parameters and buffers are not activations. An element-wise operation or a batch
normalisation writes over an input that nobody reads afterwards, as inference runtimes do. The peak is the greatest sum
of what lives during one operation. That is the measure of Lin et al., "MCUNet: Tiny Deep Learning on IoT Devices",
NeurIPS 2020, arXiv:2007.10319, for operations in the order in which the network is written, without a kernel's own
workspace.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from nas_model.signature import Inputs
from nas_trial.measuring.eval_modes import evaluating, plain_kernels

OVERWRITING = ("batch_norm", "hardswish")
"""Operations that work element by element though PyTorch does not tag them so."""


@dataclass(frozen=True)
class Peak:
    """Bytes of activations that live at once, at most."""

    as_run: int
    """With the types that the network computes in (float32)."""
    int8: int
    """With one byte for every floating-point number."""


@dataclass(frozen=True)
class _Step:
    """One operation: the memory that it reads and writes, as addresses."""

    reads: frozenset[int]
    writes: frozenset[int]
    overwriting: bool


class _Recorder(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Records the operations. It holds on to all tensors, so that no address comes twice."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.steps: list[_Step] = []
        self.tensors: dict[int, Tensor] = {}

    def note(self, values: object) -> frozenset[int]:
        """Return the addresses of the tensors among nested values."""
        addresses = set()
        for tensor in tree_leaves(values):
            if isinstance(tensor, Tensor) and (address := tensor.untyped_storage().data_ptr()):
                self.tensors.setdefault(address, tensor)
                addresses.add(address)  # of the storage, which views share
        return frozenset(addresses)

    def __torch_dispatch__(
        self, func: Any, types: Iterable[type], args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        results = func(*args, **(kwargs or {}))
        overwriting = torch.Tag.pointwise in func.tags or any(word in func.__name__ for word in OVERWRITING)
        self.steps.append(_Step(self.note((args, kwargs)), self.note(results), overwriting))
        return results


def peak_activations(network: nn.Module, inputs: Inputs) -> Peak:
    """Return the peak of one forward pass in evaluation mode; the inputs are those of one example."""
    recorder = _Recorder()
    given = recorder.note(list(inputs.values()))
    with evaluating(network), plain_kernels(network), recorder:
        outputs = recorder.note(network(inputs))
    # Weights are noted last, only to be told apart: they are no activations.
    kept = recorder.note([*network.parameters(), *network.buffers()])
    sizes = {address: tensor.untyped_storage().nbytes() for address, tensor in recorder.tensors.items()}
    small = {address: sizes[address] // _shrinks(tensor) for address, tensor in recorder.tensors.items()}
    return Peak(
        as_run=_peak(recorder.steps, given, outputs, kept, sizes.__getitem__),
        int8=_peak(recorder.steps, given, outputs, kept, small.__getitem__),
    )


def _shrinks(tensor: Tensor) -> int:
    """Return how many times smaller a tensor is with a byte a number; whole numbers stay as they are."""
    if tensor.is_complex():
        return tensor.itemsize // 2
    return tensor.itemsize if tensor.is_floating_point() else 1


def _peak(
    steps: list[_Step],
    given: frozenset[int],
    outputs: frozenset[int],
    kept: frozenset[int],
    size: Callable[[int], int],
) -> int:
    """Return the greatest sum of sizes that live at once."""
    last: dict[int, int] = {}  # the step that reads a tensor last
    for place, step in enumerate(steps):
        last.update(dict.fromkeys(step.reads, place))
    last.update(dict.fromkeys(outputs, len(steps)))
    alive = set(given - kept)
    peak = sum(map(size, alive))
    for place, step in enumerate(steps):
        # What nobody reads later, and what this step makes for later ones.
        ending = {address for address in alive if last.get(address, -1) <= place}
        made = {address for address in step.writes - kept - alive if address in last}
        if step.overwriting:
            # The result takes the place of an input that ends here and is as large: only one of them counts.
            for new in made:
                if over := next((old for old in ending & step.reads if size(old) == size(new)), None):
                    alive.remove(over)
                    ending.remove(over)
        # Inputs that end here still live while the operation runs, so they are dropped after it.
        alive |= made
        peak = max(peak, sum(map(size, alive)))
        alive -= ending
    return peak
