"""The gradients of the outputs with respect to the inputs, which jacob_cov and epe_nas correlate."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from nas_model.signature import Inputs
from nas_trial.proxies.base import unsuitable, working_copy


def jacobian(proxy: str, network: nn.Module, inputs: Inputs) -> Tensor:
    """Return d(sum of an example's outputs)/d(its inputs), a row for each example: (N, D), in 64 bits.

    Tokens and codes have no gradient; in their place the outputs of the embeddings are taken.

    Raises:
        CandidateRejected: if the network has neither inputs that are numbers nor embeddings.
    """
    copied = working_copy(network)
    examples = len(next(iter(inputs.values())))
    # Fresh leaves: the gradient is taken with respect to them, and the caller's tensors stay as they are.
    given = {name: v.detach().clone().requires_grad_(v.is_floating_point()) for name, v in inputs.items()}
    roots = [values for values in given.values() if values.requires_grad and values.numel()]

    def note(module: nn.Module, _: object, output: Tensor) -> Tensor | None:
        if len(output) != examples:
            return None  # embeds something else, such as places
        # Cut off from the table of vectors: the output itself stands for the example's input.
        embedded = output.detach().requires_grad_()  # (N, L, D)
        roots.append(embedded)
        return embedded

    for module in copied.modules():
        if isinstance(module, nn.Embedding):
            module.register_forward_hook(note)
    outputs = copied(given)
    if not roots:
        raise unsuitable(proxy, "no input is a number or embedded")
    # One backward pass for all examples: the outputs of one depend on its own inputs alone, but for batch statistics.
    gradients = torch.autograd.grad(outputs.sum(), roots, materialize_grads=True)
    return torch.cat([gradient.flatten(1) for gradient in gradients], 1).double()


def correlations(rows: Tensor) -> Tensor:
    """Return the correlations (N, N) of rows (N, D); rows that do not vary are taken to be all alike."""
    return torch.corrcoef(rows).view(len(rows), len(rows)).nan_to_num(nan=1.0)
