from __future__ import annotations

import pytest
import torch
from tests.support.spaces import random_inputs, trained_networks, work_of_a_step

from nas_core.api.space import SearchSpaceSpec
from nas_model.networks.build import build_network
from nas_model.networks.fusion import Gated, mean_of_each
from nas_model.networks.modalities import Encoded, ImageStage
from nas_model.signature import ImageInput, Signature, TableInput, TextInput
from nas_trial.errors import CandidateRejected
from nas_trial.measuring import measure

SPEC = SearchSpaceSpec(name="multi-modal", width=64)
SIGNATURE = Signature(3, image=ImageInput(1, 20, 28), text=TextInput(50, 12), table=TableInput(5, (3, 7)))
IMAGE = {"image.layers": "1", "image.layer.0.op": "conv", "image.layer.0.kernel": "5", "image.layer.0.width": "0.25"}
TEXT = {"text.embedding": "1", "text.layers": "1", "text.layer.0.op": "ffn", "text.layer.0.ratio": "1"}
TABULAR = {
    "tabular.kind": "mlp",
    "tabular.numeric": "linear",
    "tabular.embedding": "8",
    "tabular.layers": "1",
    "tabular.width": "0.5",
    "tabular.dropout": "0",
}
ENCODERS = {**IMAGE, **TEXT, **TABULAR}
LATE = {"fusion.kind": "late", "fusion.width": "1", "fusion.late": "average"}
FUSIONS = {
    "late-average": LATE,
    "late-concat": {**LATE, "fusion.late": "concat"},
    "gated": {"fusion.kind": "gated", "fusion.width": "1"},
    "early": {"fusion.kind": "early", "fusion.width": "1", "fusion.layers": "1", "fusion.heads": "2"},
    "cross": {"fusion.kind": "cross-attention", "fusion.width": "1", "fusion.layers": "2", "fusion.heads": "2"},
}

PLACES = 4 * 4
"""20 x 28 pixels are halved to 10 x 14, of which the fusion tells 4 x 4 places apart."""
IMAGE_PARAMETERS = 25 * 16 + 2 * 16 + PLACES * 16
TEXT_PARAMETERS = (50 + 12) * 64 + 2 * 64 + 2 * (64 * 64 + 64) + 2 * 64
TABULAR_PARAMETERS = 2 * 5 * 8 + 10 * 8 + 7 * 8 * 32 + 32
SUMMARIES = PLACES * 16, 64, 32
INTO = (16 + 1) * 64 + (64 + 1) * 64 + (32 + 1) * 64
"""Linear layers from the widths of the encoders' vectors to the fusion's."""
SUMMARIES_INTO = (sum(SUMMARIES) + 3) * 64
"""The same for their summaries, which the fusions without a transformer see."""
HEAD = 64 * 3 + 3
LAYER = 4 * (64 * 64 + 64) + 2 * 64 * 128 + 128 + 64 + 2 * 2 * 64
COUNTED = {
    "late-average": SUMMARIES_INTO + 3 * 64 * 3 + 3,
    "late-concat": SUMMARIES_INTO + 3 * 64 * 64 + 64 + HEAD,
    "gated": SUMMARIES_INTO + (sum(SUMMARIES) + 1) * 3 * 64 + HEAD,
    "early": INTO + 3 * 64 + LAYER + 2 * 64 + HEAD,
    "cross": INTO + 3 * 64 + 2 * 3 * (LAYER + 2 * 64) + 2 * 64 + HEAD,
}


@pytest.mark.parametrize("fusion", FUSIONS)
def test_parameters_of_each_fusion_counted_by_hand(fusion: str) -> None:
    """Encoders of width 16, 64 and 32, a fusion of 64."""
    network = build_network(SPEC, ENCODERS | FUSIONS[fusion], SIGNATURE)
    encoders = IMAGE_PARAMETERS + TEXT_PARAMETERS + TABULAR_PARAMETERS
    assert measure.parameters(network) == encoders + COUNTED[fusion]


@pytest.mark.parametrize("fusion", FUSIONS)
def test_where_something_is_in_the_image_changes_the_result(fusion: str) -> None:
    torch.manual_seed(0)
    network, inputs = build_network(SPEC, ENCODERS | FUSIONS[fusion], SIGNATURE).eval(), random_inputs(SIGNATURE, 2)
    inputs["image"] = torch.zeros(2, 1, 20, 28)
    inputs["image"][:, :, 6:10, 4:8] = 1
    moved = inputs | {"image": inputs["image"].roll(8, 3)}
    assert not torch.allclose(network(moved), network(inputs), atol=1e-3)


def test_the_one_vector_of_a_row_weighs_as_much_as_the_many_of_a_text() -> None:
    row, words = torch.randn(2, 1, 3), torch.randn(2, 99, 3)
    everywhere = [(x, torch.ones(x.shape[:2], dtype=torch.bool)) for x in (row, words)]
    assert torch.allclose(mean_of_each(everywhere), row[:, 0] + words.mean(1), atol=1e-6)


def test_random_architectures_train() -> None:
    kinds = {architecture["fusion.kind"] for architecture, _ in trained_networks(SPEC, SIGNATURE)}
    assert kinds == {"late", "early", "gated", "cross-attention"}


@pytest.mark.parametrize("fusion", FUSIONS)
def test_every_modality_changes_the_result(fusion: str) -> None:
    torch.manual_seed(0)
    network = build_network(SPEC, ENCODERS | FUSIONS[fusion], SIGNATURE).eval()
    inputs = random_inputs(SIGNATURE, 2)
    before = network(inputs)
    changes = {
        "image": inputs["image"] + torch.randn(2, 1, 20, 28),
        "text": inputs["text"].flip(1),
        "numeric": inputs["numeric"] + 1,
        "categorical": (inputs["categorical"] + 1) % 3,
    }
    for name, changed in changes.items():
        assert not torch.allclose(network({**inputs, name: changed}), before, atol=1e-5), name


@pytest.mark.parametrize("fusion", FUSIONS)
def test_padding_does_not_change_the_result(fusion: str) -> None:
    network, inputs = build_network(SPEC, ENCODERS | FUSIONS[fusion], SIGNATURE).eval(), random_inputs(SIGNATURE, 3)
    inputs["text"][:, 6:] = 0
    assert torch.allclose(network({**inputs, "text": inputs["text"][:, :6]}), network(inputs), atol=1e-6)


@pytest.mark.parametrize("fusion", FUSIONS)
def test_modalities_left_out_are_not_looked_at(fusion: str) -> None:
    spec = SPEC.model_copy(update={"modalities": ["tabular", "image"]})
    network = build_network(spec, IMAGE | TABULAR | FUSIONS[fusion], SIGNATURE).eval()
    inputs = random_inputs(SIGNATURE, 2)
    del inputs["text"]
    assert network(inputs).shape == (2, 3)


def test_a_closed_gate_lets_nothing_through() -> None:
    fusion = Gated([2, 3], 4)
    seen = [Encoded(torch.ones(5, 1, wide), None, torch.ones(5, wide)) for wide in (2, 3)]
    opened = {"image": [20.0] * 4 + [-20.0] * 4, "text": [-20.0] * 4 + [20.0] * 4}
    for place, biases in enumerate(opened.values()):
        with torch.no_grad():
            fusion.gates.weight.zero_()
            fusion.gates.bias.copy_(torch.tensor(biases))
        alone = fusion.into[place](seen[place].summary).tanh()
        assert torch.allclose(fusion(seen), alone, atol=1e-5)


@pytest.mark.parametrize("op", ["conv", "sepconv", "residual"])
@pytest.mark.parametrize(("size", "half"), [((7, 8), (4, 4)), ((1, 1), (1, 1))])
def test_stages_halve_images_of_any_size(op: str, size: tuple[int, int], half: tuple[int, int]) -> None:
    assert ImageStage(op, 3, 8, kernel=5)(torch.randn(2, 3, *size)).shape == (2, 8, *half)


def test_a_large_default_is_small_enough_for_a_cpu() -> None:
    stages = {f"image.layer.{k}.{n}": v for k in range(3) for n, v in {"op": "residual", "kernel": "5"}.items()}
    largest = {
        **{"image.layers": "3", **stages, **{f"image.layer.{k}.width": "1" for k in range(3)}},
        **TEXT,
        **{"text.embedding": "2", "text.layer.0.ratio": "4"},
        **{**TABULAR, "tabular.width": "4"},
        **{**FUSIONS["cross"], "fusion.width": "2"},
    }
    signature = Signature(2, image=ImageInput(3, 32, 32), text=TextInput(5_000, 64), table=TableInput(20, (10, 10)))
    network = build_network(SearchSpaceSpec(name="multi-modal"), largest, signature)
    multiply_adds, operations = work_of_a_step(network, random_inputs(signature, 32))
    assert multiply_adds < 1e9 and operations < 1_500


def test_data_that_lacks_a_modality_is_refused_with_the_remedy() -> None:
    message = (
        r"multi-modal is for image, text, tabular \(searchSpace.modalities: leave out .*; the data has text, table"
    )
    with pytest.raises(CandidateRejected, match=message) as caught:
        build_network(SPEC, ENCODERS | LATE, Signature(2, text=TextInput(9, 4), table=TableInput(2)))
    assert caught.value.reason == "DataUnsuitable"
