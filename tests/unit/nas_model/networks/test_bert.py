from __future__ import annotations

import pytest
import torch
from pydantic import ValidationError
from torch import nn

from nas_core.api.space import SearchSpaceSpec
from nas_model.networks.bert import HEAD_WIDTH, BertNetwork
from nas_model.networks.build import build_network
from nas_model.signature import ImageInput, Signature, TextInput
from nas_trial.errors import CandidateRejected


def build(keep: list[str], width: int = 64, length: int = 12) -> nn.Module:
    architecture = {"layers": str(len(keep))} | {f"layer.{place}.keep": each for place, each in enumerate(keep)}
    spec = SearchSpaceSpec(name="bert", width=width, depth=len(keep))
    return build_network(spec, architecture, Signature(3, text=TextInput(50, length))).eval()


def test_bert_base_is_as_published() -> None:
    """Devlin et al. 2019: 110 M parameters; `bert-base-uncased` has 109,482,240, its head apart."""
    with torch.device("meta"):
        text = TextInput(30_522, 512)
        architecture = {"layers": "12"} | {f"layer.{place}.keep": "all" for place in range(12)}
        network = BertNetwork(architecture, text, 2, 768)
    assert sum(parameter.numel() for parameter in network.bert.parameters()) == 109_482_240


def test_padding_changes_nothing() -> None:
    network = build(["all", "attention", "feed-forward"])
    tokens = torch.tensor([[5, 6, 7, 0, 0, 0]])
    assert torch.allclose(network({"text": tokens}), network({"text": tokens[:, :3]}), atol=1e-6)
    assert network({"text": torch.zeros(2, 4, dtype=torch.int64)}).isfinite().all(), "empty texts"


def test_what_is_left_out_has_no_weights() -> None:
    names = [name for name, _ in build(["attention", "feed-forward"]).named_parameters()]
    assert not any(name.startswith(("bert.encoder.layer.0.output", "bert.encoder.layer.1.attention")) for name in names)


def test_longer_texts_than_there_are_positions_for() -> None:
    with pytest.raises(CandidateRejected, match=r"text.length 600: bert has 512 positions"):
        build(["all"], 64, 600)


def test_the_rule_for_its_width_is_that_of_its_heads() -> None:
    assert HEAD_WIDTH == 64
    with pytest.raises(ValidationError, match="bert has heads of 64"):
        SearchSpaceSpec(name="bert", width=100)


def test_other_data_than_texts() -> None:
    spec = SearchSpaceSpec(name="bert", depth=1)
    with pytest.raises(CandidateRejected, match="text"):
        build_network(spec, {"layers": "1", "layer.0.keep": "all"}, Signature(2, image=ImageInput(1, 8, 8)))
