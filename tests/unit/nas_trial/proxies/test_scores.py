from __future__ import annotations

from typing import get_args

import pytest
import torch
from torch import nn

from nas_core.api.types import ProxyName
from nas_trial.errors import CandidateRejected
from nas_trial.learning_tasks import Regression
from nas_trial.proxies import scores
from nas_trial.proxies.base import Batch
from nas_trial.proxies.scores import PROXIES, score_all


def test_every_proxy_of_the_api_is_there() -> None:
    assert PROXIES.keys() == set(get_args(ProxyName))


def test_a_proxy_that_is_missing_is_rejected_and_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scores, "PROXIES", {"params": PROXIES["params"]})
    batch = Batch({"numeric": torch.ones(2, 3)}, torch.zeros(2), Regression(0.0, 1.0).loss)
    with pytest.raises(CandidateRejected, match=r"proxy 'zen' is not one of this trainer's \(params\)"):
        score_all(nn.Linear(3, 1), batch, ["zen"])
