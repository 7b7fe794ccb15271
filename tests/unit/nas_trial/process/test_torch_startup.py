"""That the compiler stays out of a whole trial is tested with the process itself (test_main)."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from nas_trial.process.torch_startup import keep_compiler_out, lean


@pytest.mark.parametrize(
    ("kind", "settings"),
    [(torch.optim.SGD, {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1}), (torch.optim.AdamW, {})],
)
def test_the_steps_are_those_of_the_optimiser(kind: type[torch.optim.Optimizer], settings: dict[str, float]) -> None:
    keep_compiler_out()
    torch.manual_seed(0)
    one, other = nn.Linear(3, 3), nn.Linear(3, 3)
    other.load_state_dict(one.state_dict())
    made, plain = (
        cls(net.parameters(), lr=0.1, fused=True, **settings)  # type: ignore[call-arg,arg-type]
        for cls, net in ((lean(kind), one), (kind, other))
    )
    assert isinstance(made, kind)
    for _ in range(3):
        x = torch.randn(8, 3)
        for network, optimizer in ((one, made), (other, plain)):
            optimizer.zero_grad()
            network(x).square().sum().backward()
            optimizer.step()
    assert torch.equal(one.weight, other.weight)
    assert one.weight.requires_grad
    made.load_state_dict(plain.state_dict())
