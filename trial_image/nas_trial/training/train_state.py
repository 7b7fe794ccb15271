"""What training changes: the network, its optimiser and its moving average; as flat tensors for checkpoints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from nas_trial.training.ema import Ema
from nas_trial.training.step_rule import PlainStep, StepRule


@dataclass
class TrainState:
    """A network in training. ``optimizer`` holds its parameters; ``ema`` follows it, if the search wants that."""

    network: nn.Module
    optimizer: torch.optim.Optimizer
    ema: Ema | None = None
    rule: StepRule = field(default_factory=PlainStep)
    """What a step learns; it may have tensors of its own."""

    @property
    def judged(self) -> nn.Module:
        """The network that metrics are of: the average where there is one."""
        return self.ema.network if self.ema else self.network

    @property
    def networks(self) -> dict[str, nn.Module]:
        """All networks, by the prefix of their tensors in a checkpoint."""
        return {"network": self.network} | ({"average": self.ema.network} if self.ema else {})


def pack(state: TrainState) -> dict[str, Tensor]:
    """Return copies of all tensors on the CPU.

    Names are ``network.<name>``, ``average.<name>`` of the moving average, ``optimizer.<parameter>.<name>``, and
    ``rule.<name>`` of what the rule of a step has.
    """
    tensors = {
        f"{kind}.{name}": copied(value)
        for kind, network in state.networks.items()
        for name, value in network.state_dict().items()
    }
    for parameter, values in state.optimizer.state_dict()["state"].items():
        for name, value in values.items():
            if value is not None:
                tensors[f"optimizer.{parameter}.{name}"] = copied(torch.as_tensor(value))
    return tensors | {f"rule.{name}": copied(value) for name, value in state.rule.state().items()}


def judged_weights(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return, of flat tensors, the weights that metrics are of, by the network's own names."""
    for kind in ("average.", "network."):
        if found := {name.removeprefix(kind): value for name, value in tensors.items() if name.startswith(kind)}:
            return found
    raise ValueError("there are no weights in it")


def copied(value: Tensor) -> Tensor:
    """Return a contiguous copy on the CPU that training does not change."""
    return value.detach().to("cpu", copy=True, memory_format=torch.contiguous_format)


def unpack(tensors: dict[str, Tensor], state: TrainState) -> None:
    """Put flat tensors back into a state that was made the same way.

    Raises:
        ValueError: if they do not fit; the networks are as they were then.
    """
    parameters = [p for group in state.optimizer.param_groups for p in group["params"]]
    momenta: dict[int, dict[str, Tensor]] = {}
    weights: dict[str, dict[str, Tensor]] = {"network": {}, "average": {}, "rule": {}}
    for name, value in tensors.items():
        kind, rest = name.split(".", 1)
        if kind in weights:
            weights[kind][rest] = value
        else:
            number, key = rest.split(".", 1)
            momenta.setdefault(int(number), {})[key] = laid_out_as(parameters[int(number)], value)
    # All are looked at before any is loaded: half a checkpoint would be worse than none.
    for kind, network in state.networks.items():
        expected = {name: value.shape for name, value in network.state_dict().items()}
        if {name: value.shape for name, value in weights[kind].items()} != expected:
            raise ValueError(f"its tensors are not those of this {kind}")
    own = {name: value.shape for name, value in state.rule.state().items()}
    if {name: value.shape for name, value in weights["rule"].items()} != own:
        raise ValueError("its tensors are not those of this way to train")
    for kind, network in state.networks.items():
        network.load_state_dict(weights[kind])
    state.rule.load(weights["rule"])
    state.optimizer.load_state_dict({**state.optimizer.state_dict(), "state": momenta})


def laid_out_as(parameter: Tensor, value: Tensor) -> Tensor:
    """Return a parameter's state in its memory layout: fused optimisers go through both in the order of memory."""
    return torch.empty_like(parameter, dtype=value.dtype).copy_(value) if value.shape == parameter.shape else value
