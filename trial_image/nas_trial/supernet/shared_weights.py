"""The weights that the networks of a space share, as one module; and networks of the space that have them.

A network in training is bound to them: it computes with (parts of) the shared weights themselves, so that gradients
arrive there, and memory and time are those of that network alone. A network to be judged is taken out of them: an
ordinary network of the space with copies.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

import torch
from torch import Tensor, nn

from nas_core.api.space import SearchSpaceSpec
from nas_core.spaces import Architecture, get_space
from nas_core.spaces.edge_cells import EdgeCells
from nas_model.errors import CandidateRejected
from nas_model.networks.build import build_network
from nas_model.networks.head import head_in_float32
from nas_model.signature import Inputs, Signature
from nas_trial.supernet.empty import without_weights
from nas_trial.supernet.exchanging import Exchange
from nas_trial.supernet.layout import Place, layout, places
from nas_trial.supernet.slices import larger
from nas_trial.training.schedule import DECAYED


class SharedWeights(nn.Module):
    """All shared weights. As a network it is the one that was chosen last (:meth:`choose`)."""

    def __init__(self, spec: SearchSpaceSpec, signature: Signature) -> None:
        """Have no weights yet (:meth:`drawn`, :meth:`stored`)."""
        super().__init__()
        self.spec, self.signature, self.space = spec, signature, get_space(spec)
        self.decayed: set[nn.Parameter] = set()
        """Those that weight decay is for, of weights that were drawn."""
        self._bound: list[nn.Module] = []
        self._exchange = Exchange(self.space, self._of_path) if isinstance(self.space, EdgeCells) else None

    @classmethod
    def drawn(cls, spec: SearchSpaceSpec, signature: Signature) -> Self:
        """Return first weights, from torch's global generator.

        Raises:
            CandidateRejected: if the space has no networks for these data.
        """
        weights, known, filled = cls(spec, signature), layout(spec, signature), dict[str, int]()
        for architecture in known.examples:
            network = build_network(spec, architecture, signature, as_written=True)
            for place in places(network):
                weights._enter(place, known.shapes[place.key], filled)
        return weights

    @classmethod
    def stored(cls, spec: SearchSpaceSpec, signature: Signature, tensors: Mapping[str, Tensor]) -> Self:
        """Return weights that were trained, by name. What they lack for a network shows when that is asked for."""
        weights = cls(spec, signature)
        for name, values in tensors.items():
            weights.register_parameter(name, nn.Parameter(values, requires_grad=False))
        return weights

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return next(self.parameters()).device

    @torch.no_grad()
    def _enter(self, place: Place, shape: tuple[int, ...], filled: dict[str, int]) -> None:
        """Give a shared weight the first values of a network's, if that is the largest so far."""
        values: Tensor = getattr(place.module, place.own)
        if place.key not in self._parameters:
            # What no network fills alone begins as the others do: with as large numbers.
            spread = float(values.std()) if values.numel() > 1 else 0.0
            filling = values.flatten()[:1].expand(shape).clone() if spread == 0 else torch.randn(shape) * spread
            parameter = nn.Parameter(filling, requires_grad=values.requires_grad)
            self.register_parameter(place.key, parameter)
            if isinstance(place.module, DECAYED) and values.ndim > 1:
                self.decayed.add(parameter)
        if values.numel() > filled.get(place.key, 0):
            place.cut.write(self._parameters[place.key].data, values)  # type: ignore[union-attr]
            filled[place.key] = values.numel()

    def choose(self, architecture: Architecture) -> nn.Module:
        """Let this module be the network of an architecture from here on, in training; return that network.

        It may be changed by the next choice.
        """
        network = self._exchange.network(architecture) if self._exchange else self._of_path(architecture)
        return self.become(network.train())

    def _of_path(self, architecture: Architecture) -> nn.Module:
        """Return the network of an architecture, bound to these weights; to exchange its operations, all of them."""
        with without_weights():
            network = build_network(
                self.spec, architecture, self.signature, as_written=isinstance(self.space, EdgeCells)
            )
        device = self.device
        for buffers in (module._buffers for module in network.modules()):
            for name, buffer in buffers.items():
                if buffer is not None and buffer.device != device:
                    buffers[name] = buffer.to(device)
        for place in list(places(network)):  # binding changes what is gone through
            bind(place, self._part(place))
        for module in network.modules():
            if isinstance(module, nn.RNNBase):
                module._flat_weights = [getattr(module, name) for name in module._flat_weights_names]
        head_in_float32(network, self.signature.outputs)
        return network

    @property
    def chosen(self) -> nn.Module:
        """The network that this module is now."""
        return self._bound[0]

    def become(self, network: nn.Module) -> nn.Module:
        """Let this module be any network of the space; return it."""
        # In a list, so that it is no part of this module: its weights are here already, or are its own.
        self._bound = [network]
        return network

    def extract(self, architecture: Architecture) -> nn.Module:
        """Return an ordinary network of the space that has copies of the shared weights, on their device.

        Its batch normalisations have no statistics yet (`nas_trial.supernet.recalibration`).

        Raises:
            CandidateRejected: if the architecture has weights that are not here.
        """
        network = build_network(self.spec, architecture, self.signature)
        head_in_float32(network, self.signature.outputs)
        with torch.no_grad():
            for place in places(network):
                getattr(place.module, place.own).copy_(self._part(place))
        on_device: nn.Module = network.to(self.device).to(memory_format=torch.channels_last)
        return on_device

    def forward(self, inputs: Inputs) -> Tensor:
        """Return the outputs (N, outputs) of the network that was chosen."""
        outputs: Tensor = self.chosen(inputs)
        return outputs

    def _part(self, place: Place) -> Tensor:
        shape = getattr(place.module, place.own).shape
        shared = self._parameters.get(place.key)
        if shared is None or shared.ndim != len(shape) or larger(shared.shape, shape) != tuple(shared.shape):
            raise CandidateRejected(
                "ArchitectureInvalid",
                f"the supernet has no weights {tuple(shape)} for {place.key.replace('/', '.')} of this architecture: "
                "it is of another space or other data, or the architecture is a rare one; make a new search, with "
                "evaluation.supernet without from, or with evaluation.train",
            )
        return place.cut.apply(shared, shape)


def bind(place: Place, weight: Tensor) -> None:
    """Let a module compute with a weight that is not its own."""
    if isinstance(weight, nn.Parameter):
        place.module._parameters[place.own] = weight
        return
    # A part of a parameter is a plain tensor, which PyTorch keeps apart from parameters.
    del place.module._parameters[place.own]
    setattr(place.module, place.own, weight)
