from __future__ import annotations

import numpy as np
import pytest

from nas_trial.data.prepared.channel_sums import ChannelSums


def fitted(images: np.ndarray, rows: np.ndarray | None = None, cut: int = 700) -> tuple[np.ndarray, np.ndarray]:
    sums = ChannelSums.like(images)
    sums.add(images[:cut])
    sums.add(images[cut:])
    return sums.of(np.arange(len(images)) if rows is None else rows)


@pytest.mark.parametrize("start", [0.0, 1e7])
def test_images_of_large_numbers_are_scaled_as_small_ones(start: float) -> None:
    images = (start + np.arange(2048 * 2 * 2).reshape(2048, 1, 2, 2) % 5).astype(np.float32)
    mean, deviation = fitted(images)
    values = np.float64(images)
    assert mean.shape == deviation.shape == (1,)
    assert mean[0] == pytest.approx(values.mean(), rel=1e-12)
    assert deviation[0] == pytest.approx(values.std(), rel=1e-7)


def test_the_scales_of_bytes_are_exact() -> None:
    images = np.random.default_rng(3).integers(0, 256, (1500, 3, 4, 4), np.uint8)
    mean, deviation = fitted(images)
    for channel in range(3):
        whole = [int(value) for value in images[:, channel].flat]
        expected = sum(whole) / len(whole)
        assert mean[channel] == expected
        squares = sum(value * value for value in whole) / len(whole)
        assert deviation[channel] == np.sqrt(squares - expected * expected)


def test_some_of_the_images() -> None:
    images = np.random.default_rng(0).normal(size=(900, 2, 3, 3)).astype(np.float32)
    rows = np.array([5, 800, 3])
    mean, deviation = fitted(images, rows)
    np.testing.assert_allclose(mean, images[rows].mean((0, 2, 3), np.float64), rtol=1e-9)
    np.testing.assert_allclose(deviation, images[rows].std((0, 2, 3), np.float64), rtol=1e-9)


def test_a_constant_channel_is_only_centred() -> None:
    mean, deviation = fitted(np.full((800, 1, 2, 2), 7, np.uint8))
    assert mean.tolist() == [7] and deviation.tolist() == [1]
