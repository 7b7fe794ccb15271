"""What is drawn and measured for the data sets that are made here, and read for the others."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from nas_dev.datasets import image_text_table as clothes
from nas_dev.datasets import japanese_vowels, spoken_digits
from nas_dev.datasets.upload import upload


def test_series_have_channels_and_steps() -> None:
    series, labels = japanese_vowels.parse("@data\n1,2,3:4,5,6:9\n1,1,1:2,2,2:1\n")
    np.testing.assert_array_equal(series[0], [[1, 2, 3], [4, 5, 6]])
    assert (series.shape, list(labels)) == ((2, 2, 3), ["speaker 9", "speaker 1"])


def test_no_voice_of_one_split_is_heard_in_another() -> None:
    said = spoken_digits.draw(seed=0)
    assert said == spoken_digits.draw(seed=0) != spoken_digits.draw(seed=1)
    voices = {split: {u.voice.split("+")[1] for u in said if u.split == split} for split in spoken_digits.COUNTS}
    assert not voices["train"] & voices["val"] and not (voices["train"] | voices["val"]) & voices["test"]
    counts = {u.digit: sum(v.digit == u.digit and v.split == "test" for v in said) for u in said}
    assert set(counts.values()) == {40}


def test_half_of_an_image_is_hidden_and_the_rest_is_as_it_was() -> None:
    rng, image = np.random.default_rng(0), np.arange(1, 785).reshape(28, 28).astype(np.uint8) | 1
    hidden = [clothes.half_hidden(image, rng) for _ in range(40)]  # type: ignore[arg-type]
    assert {int((h == 0).sum()) for h in hidden} == {28 * 14}
    assert all((h[h > 0] == image[h > 0]).all() for h in hidden)
    assert len({h.tobytes() for h in hidden}) == 4


def test_a_sixth_of_the_texts_is_mistaken() -> None:
    rng = np.random.default_rng(0)
    texts = [clothes.described("dress", rng) for _ in range(2000)]
    right = [any(name in text for name in clothes.NAMES["dress"]) for text in texts]
    assert np.mean(right) == pytest.approx(5 / 6, abs=0.03)


def test_what_is_measured_on_an_image() -> None:
    image = np.zeros((28, 28), np.uint8)
    image[4:10, 0:14] = 255
    found = clothes.measured(image)
    assert (found["height"], found["width"], found["brightness"], found["contrast"]) == (6, 14, 1.0, 0.0)
    assert found["asymmetry"] > 0


def test_images_and_labels_are_read(tmp_path: Path) -> None:
    pixels = np.arange(2 * 784, dtype=np.uint8)
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(bytes(16) + pixels.tobytes()))
    (tmp_path / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(bytes(8) + bytes([3, 7])))
    images, labels = clothes.read(tmp_path, "train")
    assert images.shape == (2, 28, 28) and images[1, 0, 0] == pixels[784] and list(labels) == [3, 7]


@pytest.mark.parametrize("uri", ["nas/datasets", "s3://nas", "s3://nas/", "s3:///x"])
def test_an_address_needs_a_bucket_and_a_prefix(uri: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="give s3://bucket/prefix/"):
        upload(None, tmp_path, uri)  # type: ignore[arg-type]
