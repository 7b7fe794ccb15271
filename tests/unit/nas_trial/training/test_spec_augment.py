from __future__ import annotations

import pytest
import torch
from torch import nn

from nas_model.networks.log_mel import LogMel
from nas_trial.errors import CandidateRejected
from nas_trial.training.spec_augment import add_spec_augment, masked


def test_whole_bands_and_moments_are_silenced_in_each_example() -> None:
    torch.manual_seed(0)
    bands = masked(torch.ones(200, 40, 100))
    silent_bands, silent_moments = (bands == 0).all(2), (bands == 0).all(1)  # (200, 40), (200, 100)
    assert torch.equal(bands == 0, silent_bands[:, :, None] | silent_moments[:, None, :])
    counts, moments = silent_bands.sum(1), silent_moments.sum(1)
    assert counts.max() <= 2 * 13 and counts.float().mean() == pytest.approx(12, abs=2)
    assert moments.max() <= 2 * 20 and moments.float().mean() == pytest.approx(18, abs=3)
    assert len({tuple(row.tolist()) for row in silent_bands}) > 100, "each has masks of its own"
    assert silent_bands.any(0).all() and silent_moments.any(0).all(), "any place may be masked"


def test_only_in_training_and_from_the_seed() -> None:
    network = nn.Sequential(LogMel(8000))
    add_spec_augment(network)
    sound = torch.randn(4, 4000)
    torch.manual_seed(1)
    one = network(sound)
    torch.manual_seed(1)
    assert torch.equal(network(sound), one)
    assert (one == 0).any()
    assert not (network.eval()(sound) == 0).any()


def test_networks_without_sound() -> None:
    with pytest.raises(CandidateRejected, match="'spec-augment' is for sound"):
        add_spec_augment(nn.Linear(2, 2))
