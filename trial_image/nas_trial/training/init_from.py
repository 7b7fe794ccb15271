"""Published weights for a candidate's network, before it is trained: `evaluation.initFrom`.

`nas_trial.work.initial_weights` calls it on the network that `nas_model.networks` built. Weights are loaded by their
names: the network's own (as in a checkpoint of this trainer), or those that the publisher gave them
(`nas_trial.training.published`). What does not fit by shape keeps its random weights; the result says what matched.
Only safetensors are read: other formats can run code when they are loaded.
Into a larger network a smaller one is put so that it computes the same (`nas_trial.training.growth`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from nas_trial.errors import CandidateRejected
from nas_trial.training import growth, published

PREFIXES = (("", "average."), ("", "network."), ("", ""), ("bert.", ""))
"""Of a tensor's name in our network, and of the same tensor in a file: in a checkpoint of this trainer (the average of
the weights before the weights), in other files with our names, in a BERT without a head."""
SHOWN = 5
"""Weights that did not match which the report names."""


@dataclass(frozen=True)
class Report:
    """What was loaded."""

    loaded: tuple[str, ...]
    """Names of the network's tensors that have published values now."""
    others: tuple[str, ...]
    """Names of those that do not."""
    grown: tuple[str, ...]
    """Names of those that have them in a part, as they are larger here."""
    parameters: int
    """Parameters that were loaded."""
    all_parameters: int
    trained: int
    """Parameters that are trained: all, or those that :func:`freeze` leaves."""

    def __str__(self) -> str:
        text = (
            f"evaluation.initFrom: {len(self.loaded)} of {len(self.loaded) + len(self.others)} tensors, "
            f"{self.parameters:,} of {self.all_parameters:,} parameters were loaded"
        )
        if self.trained < self.all_parameters:
            text += f", {self.trained:,} are trained"
        if not self.others:
            return text
        more = f" and {len(self.others) - SHOWN} more" if len(self.others) > SHOWN else ""
        return f"{text}; not {', '.join(self.others[:SHOWN])}{more}"


def load(network: nn.Module, file: Path, where: str, without: nn.Module | None = None) -> Report:
    """Load what a file has for a network into it, on the network's device.

    ``where`` names the file for messages; the layer ``without`` keeps its random weights. The stem of colour images is
    summed over the colours for grey ones; a larger network takes in a smaller one where it fits.

    Raises:
        CandidateRejected: if the file is no safetensors file, or nothing in it fits the network.
    """
    own, left = network.state_dict(), names_of(network, without)
    loaded: dict[str, int] = {}
    try:
        with safe_open(file, framework="pt") as weights:
            names = list(weights.keys())
            sources = {name: source for name, source in _sources(network, names) if name not in left}
            # Without reading them: most files hold more than fits.
            shapes = {name: tuple(weights.get_slice(source).get_shape()) for name, source in sources.items()}
            larger = growth.regions(network, shapes)
            for name, source in sources.items():
                target = own[name]
                if shapes[name] == tuple(target.shape):
                    target.copy_(weights.get_tensor(source))
                elif _is_grey(shapes[name], target):
                    target.copy_(weights.get_tensor(source).float().sum(1, keepdim=True))
                elif name in larger:
                    growth.place(target, larger[name], weights.get_tensor(source))
                else:
                    continue
                loaded[name] = min(target.numel(), math.prod(shapes[name]))
    except (SafetensorError, OSError) as error:
        raise CandidateRejected(
            "SpecInvalid",
            f"evaluation.initFrom {where}: cannot be read as safetensors: {error}; convert other formats with "
            "safetensors.torch.save_file",
        ) from error
    if not loaded:
        raise CandidateRejected(
            "SpecInvalid",
            f"evaluation.initFrom {where}: none of its {len(names)} tensors ({', '.join(names[:SHOWN])}, …) fits the "
            "network by name and shape; use weights of a network of this search space, or remove initFrom",
        )
    growth.quiet_blocks(network, [*loaded])
    counted = {name: value.numel() for name, value in network.named_parameters()}
    return Report(
        loaded=tuple(loaded),
        others=tuple(name for name in own if name not in loaded and not name.endswith("num_batches_tracked")),
        grown=tuple(name for name in loaded if name in larger),
        parameters=sum(count for name, count in loaded.items() if name in counted),
        all_parameters=sum(counted.values()),
        trained=sum(counted.values()),
    )


def names_of(network: nn.Module, layer: nn.Module | None) -> frozenset[str]:
    """Return the names of a layer's tensors in the network; none of None."""
    found = next((name for name, module in network.named_modules() if module is layer), None)
    return frozenset() if layer is None or found is None else frozenset(f"{found}.{own}" for own in layer.state_dict())


def freeze(network: nn.Module, report: Report, head: nn.Module | None = None) -> Report:
    """Keep what was loaded as it is: its parameters take no gradient, its normalisations their published statistics.

    The layer that makes the outputs, ``head``, is trained all the same: without it nothing might be. So is what was
    loaded in a part. Returns the report with the number of parameters that are trained.
    """
    loaded = set(report.loaded) - set(report.grown) - names_of(network, head)
    for name, parameter in network.named_parameters():
        parameter.requires_grad_(name not in loaded)
    for name, module in network.named_modules():
        if isinstance(module, nn.BatchNorm2d) and f"{name}.running_mean" in loaded:
            module.__class__ = FrozenBatchNorm2d
            module.eval()
    trained = sum(parameter.numel() for parameter in network.parameters() if parameter.requires_grad)
    return replace(report, trained=trained)


class FrozenBatchNorm2d(nn.BatchNorm2d):
    """Batch normalisation whose statistics do not change, whatever mode the network is in."""

    def train(self, mode: bool = True) -> FrozenBatchNorm2d:
        """Stay in evaluation mode."""
        super().train(False)
        return self


def _sources(network: nn.Module, names: list[str]) -> Iterator[tuple[str, str]]:
    """Return the network's tensors that the file may have a value for, and the name of that one."""
    there, by_publisher = set(names), published.names(network, names)
    for name in network.state_dict():
        same = (prefix + name.removeprefix(own) for own, prefix in PREFIXES if name.startswith(own))
        candidates = (*same, by_publisher.get(name))
        source = next((each for each in candidates if each in there), None)
        if source is not None:
            yield name, source


def _is_grey(shape: tuple[int, ...], target: Tensor) -> bool:
    """Whether a convolution of colour images is for grey ones here."""
    return len(shape) == 4 and shape[1] == 3 and tuple(target.shape) == (shape[0], 1, *shape[2:])
