from __future__ import annotations

import torch
from torch import nn

from nas_model.networks.sharing import joined
from nas_trial.supernet.slices import Cut


def test_of_a_kernel_the_middle_is_taken_and_of_channels_the_first() -> None:
    shared = torch.arange(2 * 3 * 25.0).reshape(2, 3, 5, 5)
    part = Cut.of(nn.Conv2d(2, 1, 3), "weight").apply(shared, (1, 2, 3, 3))
    assert torch.equal(part, shared[:1, :2, 1:4, 1:4])


def test_a_part_is_a_view_through_which_gradients_come_back() -> None:
    shared = nn.Parameter(torch.zeros(4, 4))
    Cut.of(nn.Linear(2, 2), "weight").apply(shared, (2, 2)).sum().backward()
    assert shared.grad is not None
    assert shared.grad.sum() == shared.grad[:2, :2].sum() == 4


def test_of_several_layers_in_one_each_is_cut_for_itself() -> None:
    keys_and_values = joined(nn.Linear(2, 4), 2)
    shared = torch.arange(8.0).unsqueeze(1)  # keys 0 to 3, values 4 to 7
    assert Cut.of(keys_and_values, "weight").apply(shared, (4, 1)).flatten().tolist() == [0, 1, 4, 5]


def test_the_gates_of_a_recurrent_layer_are_cut_each_for_itself() -> None:
    shared = torch.arange(12.0)
    assert Cut.of(nn.GRU(1, 2), "bias_ih_l0").apply(shared, (6,)).tolist() == [0, 1, 4, 5, 8, 9]
    assert Cut.of(nn.LSTM(1, 1), "bias_ih_l0").apply(shared, (4,)).tolist() == [0, 3, 6, 9]


def test_what_is_written_is_what_is_read() -> None:
    for module, shape in ((joined(nn.Linear(2, 4), 2), (4, 2)), (nn.Conv2d(2, 2, 3), (2, 2, 3, 3))):
        cut = Cut.of(module, "weight")
        shared, values = torch.zeros(8, 4, 5, 5)[(..., 0, 0) if len(shape) == 2 else ...].clone(), torch.randn(shape)
        cut.write(shared, values)
        assert torch.equal(cut.apply(shared, shape), values)
