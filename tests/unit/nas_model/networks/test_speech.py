from __future__ import annotations

import pytest
import torch
from tests.support.spaces import random_inputs, trained_networks, work_of_a_step

from nas_core.api.space import SearchSpaceSpec
from nas_model.networks.build import build_network
from nas_model.signature import AudioInput, SeriesInput, Signature, TextInput
from nas_trial.errors import CandidateRejected
from nas_trial.measuring import measure

SPEC = SearchSpaceSpec(name="speech-cnn-rnn")
SOUND = Signature(4, audio=AudioInput(rate=8_000, samples=2_000))
SERIES = Signature(4, series=SeriesInput(channels=12, steps=29))
CONVOLUTIONS = {
    "conv.layers": "2",
    "conv.0.kernel": "5",
    "conv.0.width": "1",
    "conv.0.stride": "2",
    "conv.1.kernel": "3",
    "conv.1.width": "2",
    "conv.1.stride": "1",
}
LSTM = {
    "conv.kind": "1d",
    **CONVOLUTIONS,
    "seq.kind": "lstm",
    "seq.layers": "2",
    "seq.width": "2",
    "seq.directions": "2",
    "pool": "attention",
}
ATTENTION = {
    "conv.kind": "2d",
    **CONVOLUTIONS,
    "seq.kind": "attention",
    "seq.layers": "1",
    "seq.width": "4",
    "seq.heads": "4",
    "pool": "mean",
}


def test_parameters_of_two_architectures_counted_by_hand() -> None:
    """Widths 16 and 32; 40 bands of sound, 12 channels of a series."""
    convolutions = 12 * 16 * 5 + 2 * 16 + 16 * 32 * 3 + 2 * 32
    lstm = 2 * 4 * (32 * 32 + 32 * 32 + 2 * 32) + 2 * 4 * (64 * 32 + 32 * 32 + 2 * 32)
    pool, head = 64 + 1, 64 * 4 + 4
    assert measure.parameters(build_network(SPEC, LSTM, SERIES)) == convolutions + lstm + pool + head
    convolutions = 16 * 3 * 5 + 2 * 16 + 16 * 32 * 3 * 3 + 2 * 32
    into = 32 * 10 * 64 + 64  # two halvings leave ten bands
    layer = 4 * (64 * 64 + 64) + 2 * 64 * 256 + 256 + 64 + 4 * 64
    expected = 2 * 40 + convolutions + into + layer + 2 * 64 + head
    assert measure.parameters(build_network(SPEC, ATTENTION, SOUND)) == expected


@pytest.mark.parametrize(("signature", "bands"), [(SOUND, 40), (SERIES, 12)], ids=["sound", "series"])
def test_random_architectures_train_and_have_the_parameters_of_the_closed_form(
    signature: Signature, bands: int
) -> None:
    for a, network in trained_networks(SPEC, signature):
        expected, before, left, flat = 80 if signature.audio else 0, 1, bands, a["conv.kind"] == "1d"
        before = bands if flat else 1
        for k in range(int(a["conv.layers"])):
            channels = int(16 * float(a[f"conv.{k}.width"]))
            expected += before * channels * int(a[f"conv.{k}.kernel"]) * (1 if flat else 3) + 2 * channels
            before, left = channels, (left + 1) // 2
        width = before if flat else before * left
        if (kind := a["seq.kind"]) != "none":
            hidden, layers, inputs = 16 * int(a["seq.width"]), int(a["seq.layers"]), width
            width = hidden * int(a.get("seq.directions", 1))
        if kind in ("lstm", "gru"):
            gates = (4 if kind == "lstm" else 3) * int(a["seq.directions"]) * hidden
            expected += sum(gates * ((width if k else inputs) + hidden + 2) for k in range(layers))
        elif kind == "attention":
            layer = 4 * (hidden + 1) * hidden + 4 * hidden + 8 * hidden**2 + 5 * hidden
            expected += (inputs + 1) * hidden + layers * layer + 2 * hidden
        expected += (width + 1) * (a["pool"] == "attention") + 4 * (width + 1)
        assert measure.parameters(network) == expected, a


@pytest.mark.parametrize("architecture", [LSTM, ATTENTION], ids=["lstm", "attention"])
@pytest.mark.parametrize("steps", [1, 2, 7])
def test_short_series_of_one_channel_fit(architecture: dict[str, str], steps: int) -> None:
    signature = Signature(3, series=SeriesInput(1, steps))
    assert build_network(SPEC, architecture, signature)(random_inputs(signature, 5)).shape == (5, 3)


@pytest.mark.parametrize("architecture", [LSTM, ATTENTION], ids=["lstm", "attention"])
def test_the_order_of_the_steps_matters(architecture: dict[str, str]) -> None:
    torch.manual_seed(0)
    network, series = build_network(SPEC, architecture, SERIES).eval(), torch.randn(2, 12, 29)
    assert not torch.allclose(network({"series": series}), network({"series": series.flip(2)}), atol=1e-3)


def test_flops_of_a_recurrent_layer_are_counted() -> None:
    """Two layers of both directions over 15 steps, beside the convolutions, the pool and the head."""
    network = build_network(SPEC, LSTM, SERIES)
    convolutions = 15 * (12 * 16 * 5 + 16 * 32 * 3)
    lstm = 15 * 2 * 4 * (32 * 32 + 32 * 32 + 64 * 32 + 32 * 32)
    assert measure.count_flops(network, SERIES.zeros()) == convolutions + lstm + 15 * 64 + 64 * 4


def test_a_large_default_is_small_enough_for_a_cpu() -> None:
    """A second of speech, every layer of the greatest size."""
    largest = {name: {"1d": "2d", "5": "9", "3": "9"}.get(value, value) for name, value in LSTM.items()}
    largest |= {"conv.0.width": "2", "seq.width": "4"}
    signature = Signature(10, audio=AudioInput(16_000, 16_000))
    network = build_network(SPEC, largest, signature)
    multiply_adds, operations = work_of_a_step(network, random_inputs(signature, 32))
    assert multiply_adds < 2e9 and operations < 500


def test_data_without_sound_or_series_is_refused() -> None:
    message = r"speech-cnn-rnn is for sound or time series; the data has text"
    with pytest.raises(CandidateRejected, match=message) as caught:
        build_network(SPEC, LSTM, Signature(2, text=TextInput(9, 4)))
    assert caught.value.reason == "DataUnsuitable"
