"""Proxies on the networks of the spaces that have something of their own: attention, recurrence, codes, modalities."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tests.support.spaces import random_inputs
from torch.nn import functional

from nas_core.api.space import SearchSpaceSpec
from nas_core.spaces import get_space
from nas_model.networks.build import build_network
from nas_model.signature import AudioInput, ImageInput, Signature, TableInput, TextInput
from nas_trial.errors import CandidateRejected
from nas_trial.proxies.base import Batch
from nas_trial.proxies.scores import PROXIES, score_all

IMAGE, TEXT, TABLE = ImageInput(3, 16, 16), TextInput(50, 12), TableInput(4, (3, 5, 1))
CASES = {
    "bert": Signature(3, text=TEXT),
    "hybrid-vision": Signature(3, image=IMAGE),
    "mobilenet-v2": Signature(3, image=IMAGE),
    "mobilenet": Signature(3, image=IMAGE),
    "multi-modal": Signature(3, image=IMAGE, text=TEXT, table=TABLE),
    "speech-cnn-rnn": Signature(3, audio=AudioInput(8000, 4000)),
    "tabular": Signature(3, table=TABLE),
    "text-transformer": Signature(3, text=TEXT),
}
SILENT = {("bert", "zen"), ("text-transformer", "zen")}
"""Noise cannot be added to tokens."""


@pytest.mark.parametrize("name", CASES)
def test_a_proxy_has_a_score_or_says_why_not(name: str) -> None:
    spec = SearchSpaceSpec.model_validate({"name": name})
    network = build_network(spec, get_space(spec).sample(np.random.default_rng(3)), CASES[name])
    batch = Batch(random_inputs(CASES[name], 6), torch.arange(6) % 3, functional.cross_entropy)
    silent = set()
    for proxy in PROXIES:
        try:
            assert score_all(network, batch, [proxy])[proxy] != 0, proxy
        except CandidateRejected as error:
            assert error.reason == "ProxyUnsuitable"
            silent.add((name, proxy))
    assert silent == {pair for pair in SILENT if pair[0] == name}
