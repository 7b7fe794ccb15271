from __future__ import annotations

import pytest
import torch
from tests.support.spaces import random_inputs, trained_networks, work_of_a_step

from nas_core.api.space import SearchSpaceSpec
from nas_model.networks.build import build_network
from nas_model.signature import ImageInput, Signature, TableInput, TextInput
from nas_trial.errors import CandidateRejected
from nas_trial.measuring import measure

SPEC = SearchSpaceSpec(name="text-transformer", width=64)
SIGNATURE = Signature(3, text=TextInput(vocabulary=50, length=12))
EVERY_KIND = {
    "embedding": "0.5",
    "layers": "3",
    "layer.0.op": "attention",
    "layer.0.heads": "4",
    "layer.0.ratio": "2",
    "layer.1.op": "sepconv",
    "layer.1.kernel": "5",
    "layer.1.ratio": "1",
    "layer.2.op": "ffn",
    "layer.2.ratio": "4",
}


def test_parameters_of_an_architecture_counted_by_hand() -> None:
    """Width 64 halved is 32; words 50, places 12, outputs 3."""
    tables = 50 * 32 + 12 * 32
    norm = 2 * 32
    attention = norm + 4 * (32 * 32 + 32)
    sepconv = norm + 32 * 5 + 32 * 32 + 32

    def feed_forward(hidden: int) -> int:
        return norm + 32 * hidden + hidden + hidden * 32 + 32

    layers = attention + feed_forward(64) + sepconv + feed_forward(32) + feed_forward(128)
    assert measure.parameters(build_network(SPEC, EVERY_KIND, SIGNATURE)) == tables + layers + norm + 32 * 3 + 3


def test_random_architectures_train_and_have_the_parameters_of_the_closed_form() -> None:
    for architecture, network in trained_networks(SPEC, SIGNATURE):
        width = int(64 * float(architecture["embedding"]))
        expected = (50 + 12) * width + 2 * width + 3 * (width + 1)
        for layer in range(int(architecture["layers"])):
            match architecture[f"layer.{layer}.op"]:
                case "attention":
                    expected += 2 * width + 4 * width * (width + 1)
                case "sepconv":
                    expected += 2 * width + width * (int(architecture[f"layer.{layer}.kernel"]) + width + 1)
            hidden = width * int(architecture[f"layer.{layer}.ratio"])
            expected += 2 * width + 2 * width * hidden + hidden + width
        assert measure.parameters(network) == expected


def test_padding_does_not_change_the_result() -> None:
    network = build_network(SPEC, EVERY_KIND, SIGNATURE).eval()
    tokens = torch.randint(1, 50, (4, 7))
    padded = torch.cat([tokens, torch.zeros(4, 5, dtype=torch.int64)], 1)
    assert torch.allclose(network({"text": padded}), network({"text": tokens}), atol=1e-6)


def test_every_token_changes_the_result() -> None:
    network = build_network(SPEC, EVERY_KIND, SIGNATURE).eval()
    tokens = torch.randint(2, 50, (1, 12))
    before = network({"text": tokens})
    for place in range(12):
        other = tokens.clone()
        other[0, place] = 1
        assert not torch.allclose(network({"text": other}), before), place


def test_an_empty_text_has_a_finite_result() -> None:
    network = build_network(SPEC, EVERY_KIND, SIGNATURE).eval()
    outputs = network(SIGNATURE.zeros(2))
    assert outputs.isfinite().all()
    assert torch.allclose(network({"text": torch.zeros(2, 3, dtype=torch.int64)}), outputs, atol=1e-6)


def test_width_is_the_embedding_at_multiple_one() -> None:
    network = build_network(SPEC.model_copy(update={"width": 40}), EVERY_KIND | {"embedding": "1"}, SIGNATURE)
    assert network.get_submodule("head").in_features == 40
    default = build_network(SearchSpaceSpec(name="text-transformer"), EVERY_KIND | {"embedding": "1"}, SIGNATURE)
    assert default.get_submodule("head").in_features == 32


def test_the_deepest_default_is_small_enough_for_a_cpu() -> None:
    """A step of 32 texts of 64 words; 100 of them are an epoch of 3,200 texts."""
    layer = {"op": "attention", "heads": "8", "ratio": "4"}
    layers = {f"layer.{k}.{name}": value for k in range(4) for name, value in layer.items()}
    signature = Signature(2, text=TextInput(vocabulary=5_000, length=64))
    network = build_network(
        SearchSpaceSpec(name="text-transformer"), {"embedding": "2", "layers": "4", **layers}, signature
    )
    multiply_adds, operations = work_of_a_step(network, random_inputs(signature, 32))
    assert multiply_adds < 1e9 and operations < 1_000


def test_data_without_text_is_refused() -> None:
    with pytest.raises(CandidateRejected, match=r"text-transformer is for text; the data has image, table") as caught:
        build_network(SPEC, EVERY_KIND, Signature(2, image=ImageInput(1, 8, 8), table=TableInput(3)))
    assert caught.value.reason == "DataUnsuitable"
