from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from nas_core.api.cell import CellSpec
from nas_core.api.space import SearchSpaceSpec
from nas_core.spaces import get_space
from nas_model.errors import CandidateRejected
from nas_model.networks.build import build_network
from nas_model.signature import ImageInput, Inputs, SeriesInput, Signature, TableInput, TextInput
from nas_trial.supernet.layout import layout, places
from nas_trial.supernet.shared_weights import SharedWeights

IMAGES, TEXTS = Signature(3, image=ImageInput(1, 16, 16)), Signature(3, text=TextInput(vocabulary=20, length=6))
TABLES, SERIES = Signature(3, table=TableInput(2, (3, 4))), Signature(3, series=SeriesInput(2, 24))
SPACES = [
    (SearchSpaceSpec(name="nas-bench-201", width=4, depth=1), IMAGES),
    (SearchSpaceSpec(cell=CellSpec(kind="edges", nodes=3, operations=["conv_3x3", "skip_connect"])), IMAGES),
    (SearchSpaceSpec(name="nas-bench-301", width=4, depth=1), IMAGES),
    (SearchSpaceSpec(name="mobilenet", width=8, depth=2), IMAGES),
    (SearchSpaceSpec(name="efficientnet", width=8, depth=1), IMAGES),
    (SearchSpaceSpec(name="text-transformer", width=8), TEXTS),
    (SearchSpaceSpec(name="tabular", width=8), TABLES),
    (SearchSpaceSpec(name="speech-cnn-rnn", width=8), SERIES),
]
NAMES = [spec.name or "own-cell" for spec, _ in SPACES]


def examples(signature: Signature, count: int = 2) -> Inputs:
    torch.manual_seed(0)
    found: dict[str, torch.Tensor] = {}
    if signature.image:
        found["image"] = torch.randn(count, 1, 16, 16)
    if signature.text:
        found["text"] = torch.randint(0, 20, (count, 6))
    if signature.table:
        found |= {"numeric": torch.randn(count, 2), "categorical": torch.randint(0, 3, (count, 2))}
    if signature.series:
        found["series"] = torch.randn(count, 2, 24)
    return found


@pytest.mark.parametrize(("spec", "signature"), SPACES, ids=NAMES)
def test_a_network_taken_out_gives_what_the_one_in_the_supernet_gives(
    spec: SearchSpaceSpec, signature: Signature
) -> None:
    weights, inputs = SharedWeights.drawn(spec, signature), examples(signature)
    rng = np.random.default_rng(5)
    for _ in range(3):
        architecture = weights.space.sample(rng)
        inside, outside = weights.choose(architecture).eval(), weights.extract(architecture).eval()
        with torch.no_grad():
            torch.testing.assert_close(weights(inputs), outside(inputs), rtol=1e-4, atol=1e-5)
        # It is an ordinary network of the space, without a trace of the others.
        assert outside.state_dict().keys() == build_network(spec, architecture, signature).state_dict().keys()
        assert inside is not outside


@pytest.mark.parametrize(("spec", "signature"), SPACES, ids=NAMES)
def test_every_network_of_the_space_finds_its_weights(spec: SearchSpaceSpec, signature: Signature) -> None:
    weights, rng = SharedWeights.drawn(spec, signature), np.random.default_rng(11)
    for _ in range(8):
        weights.choose(weights.space.sample(rng))


def test_gradients_arrive_at_the_weights_of_the_path_alone() -> None:
    spec, signature = SPACES[0]
    weights = SharedWeights.drawn(spec, signature)
    weights.choose(dict.fromkeys(weights.space.sample(np.random.default_rng(0)), "nor_conv_1x1"))
    weights(examples(signature)).sum().backward()
    learned = {name for name, weight in weights.named_parameters() if weight.grad is not None}
    assert any("nor_conv_1x1" in name for name in learned)
    assert not any("nor_conv_3x3" in name for name in learned)


def test_an_operation_has_the_weights_it_had_when_it_was_on_the_other_side_of_the_sum() -> None:
    spec, signature = SPACES[2]
    known = layout(spec, signature).shapes
    assert any("/3 sep_conv_3x3/" in key for key in known)
    assert not any(part in ("0", "1") for key in known if "/ops/" in key for part in key.split("/")[4:5])


def test_the_layers_of_a_shallower_stage_are_the_first_of_the_deepest() -> None:
    spec, signature = SPACES[3]
    network = build_network(spec, get_space(spec).sample(np.random.default_rng(0)), signature)
    shared = layout(spec, signature).shapes
    for place in places(network):
        shape = getattr(place.module, place.own).shape
        assert all(had >= needed for had, needed in zip(shared[place.key], shape, strict=True))


def test_one_seed_draws_one_supernet() -> None:
    spec, signature = SPACES[0]

    def drawn(seed: int) -> dict[str, torch.Tensor]:
        torch.manual_seed(seed)
        return SharedWeights.drawn(spec, signature).state_dict()

    first, again, other = drawn(1), drawn(1), drawn(2)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not all(torch.equal(first[name], other[name]) for name in first)


def test_stored_weights_are_those_that_were_drawn() -> None:
    spec, signature = SPACES[0]
    weights, inputs = SharedWeights.drawn(spec, signature), examples(signature)
    again = SharedWeights.stored(spec, signature, weights.state_dict())
    architecture = weights.space.sample(np.random.default_rng(3))
    with torch.no_grad():
        networks = [each.extract(architecture).eval() for each in (weights, again)]
        assert torch.equal(*(network(inputs) for network in networks))


def test_weights_of_another_space_are_of_no_use() -> None:
    spec, signature = SPACES[0]
    narrow = SharedWeights.drawn(spec, signature)
    wide = SharedWeights.stored(spec.model_copy(update={"width": 8}), signature, narrow.state_dict())
    with pytest.raises(CandidateRejected, match="the supernet has no weights") as refused:
        wide.extract(wide.space.sample(np.random.default_rng(0)))
    assert "evaluation.train" in refused.value.message


def test_what_decays_is_what_decays_in_an_ordinary_network() -> None:
    spec, signature = SPACES[0]
    weights = SharedWeights.drawn(spec, signature)
    decayed = {name for name, weight in weights.named_parameters() if weight in weights.decayed}
    assert "classifier/weight" in decayed and "classifier/bias" not in decayed
    assert not any(weight.ndim == 1 for weight in weights.decayed)
    assert isinstance(weights, nn.Module)
