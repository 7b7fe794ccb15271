from __future__ import annotations

import math

import pytest
import torch

from nas_model.networks.log_mel import BANDS, LogMel, mel_filters

# torchaudio 2.11, melscale_fbanks(257, 0.0, 8000.0, 40, 16000): frequency, band, weight.
PUBLISHED = [(2, 0, 0.615871), (50, 17, 0.0), (50, 18, 0.915514), (200, 36, 0.660839), (200, 37, 0.339161)]


def test_filters_are_those_of_torchaudio() -> None:
    filters = mel_filters(16_000, 512)
    assert filters.shape == (257, 40)
    assert [float(filters[f, band]) for f, band, _ in PUBLISHED] == pytest.approx([w for *_, w in PUBLISHED], abs=1e-5)
    assert float(filters.sum()) == pytest.approx(246.8989, abs=1e-3)


@pytest.mark.parametrize("rate", [1_000, 4_000, 8_000, 16_000, 22_050, 48_000])
def test_no_band_is_empty_at_any_rate(rate: int) -> None:
    assert LogMel(rate).filters.sum(0).min() > 0


def test_a_tone_is_loudest_in_the_band_around_it() -> None:
    rate, tone = 16_000, 1_000
    front = LogMel(rate).eval()
    bands = front(0.5 * torch.sin(2 * math.pi * tone * torch.arange(rate) / rate).unsqueeze(0))
    assert bands.shape == (1, BANDS, 101)
    middles = mel_filters(rate, 512).argmax(0) * rate / 512
    loudest = middles[bands[0].mean(1).argmax()]
    assert abs(float(loudest) - tone) < 100


def test_sound_shorter_than_a_window_and_silence_are_finite() -> None:
    assert LogMel(8_000)(torch.randn(2, 30)).shape == (2, BANDS, 1)
    assert LogMel(8_000)(torch.zeros(2, 800)).isfinite().all()


def test_half_precision_does_not_reach_the_transform() -> None:
    front, sound = LogMel(8_000).eval(), torch.randn(1, 800)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.allclose(front(sound).float(), LogMel(8_000).eval()(sound), atol=0.1)
