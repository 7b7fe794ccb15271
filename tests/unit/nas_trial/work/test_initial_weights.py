from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from tests.support.trials import trial_input
from torch import nn

from nas_core.api.evaluation import InitFrom
from nas_trial.errors import CandidateRejected
from nas_trial.process.metrics_endpoint import MetricsEndpoint
from nas_trial.process.stop import StopFlag
from nas_trial.process.watchdog import Watchdog
from nas_trial.work import initial_weights
from nas_trial.work.attempt import Attempt


def attempt() -> Attempt:
    trial = trial_input()
    return Attempt(trial, StopFlag(), Watchdog(print), MetricsEndpoint(trial.identity))


@pytest.mark.parametrize("freeze", [False, True])
def test_weights_of_a_file(tmp_path: Path, freeze: bool) -> None:
    file, network = tmp_path / "w.safetensors", nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 2))
    save_file({"0.weight": torch.ones(2, 3), "0.bias": torch.ones(2), "1.weight": torch.ones(5, 2)}, file)
    told = initial_weights.load(network, InitFrom(path=str(file), freeze=freeze), attempt())
    assert told == ("evaluation.initFrom: 2 of 4 tensors, 8 of 14 parameters were loaded; not 1.weight, 1.bias")
    assert torch.equal(network.state_dict()["0.weight"], torch.ones(2, 3))
    assert [parameter.requires_grad for parameter in network.parameters()] == [not freeze, not freeze, True, True]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"path": "/nowhere/w.safetensors"}, "evaluation.initFrom: there is no file at /nowhere"),
        ({"uri": "s3://bucket/w.safetensors"}, "evaluation.initFrom .*needs spec.storage"),
    ],
)
def test_a_file_that_is_not_there(given: dict[str, str], message: str) -> None:
    with pytest.raises(CandidateRejected, match=message):
        initial_weights.load(nn.Linear(1, 1), InitFrom(**given), attempt())
