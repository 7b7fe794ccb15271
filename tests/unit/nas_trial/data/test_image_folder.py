from __future__ import annotations

import io

import pytest
from PIL import Image

from nas_trial.data import image_folder
from nas_trial.errors import DatasetInvalid

URI = "s3://bucket/pets"


def png(size: tuple[int, int] = (6, 4), mode: str = "L") -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, size).save(buffer, "PNG")
    return buffer.getvalue()


def test_folders_are_classes() -> None:
    data = image_folder.read(URI, "pets", {"pets/cat/1.png": png(), "pets/dog/1.png": png(), "pets/dog/2.png": png()})
    assert data.x.shape == (3, 1, 4, 6)
    assert (data.classes, data.y.tolist()) == (("cat", "dog"), [0, 1, 1])


def test_one_image_in_colour_makes_all_so() -> None:
    data = image_folder.read(URI, "pets/", {"pets/cat/1.png": png(), "pets/dog/1.png": png(mode="RGB")})
    assert data.x.shape == (2, 3, 4, 6)


def test_the_test_split_is_left_alone() -> None:
    keys = ["pets/train/cat/1.png", "pets/train/dog/1.JPG", "pets/test/cat/9.png", "pets/readme.txt"]
    assert image_folder.choose(URI, "pets", keys) == keys[:2]


def test_no_images() -> None:
    with pytest.raises(DatasetInvalid, match="s3://bucket/pets: found no <class>/<image>"):
        image_folder.choose(URI, "pets", ["pets/1.png", "pets/readme.txt"])


@pytest.mark.parametrize("content", [b"", b"not an image", png()[:40]])
def test_an_unreadable_image_is_named(content: bytes) -> None:
    with pytest.raises(DatasetInvalid, match=r"pets/dog/1.png: cannot be read as an image"):
        image_folder.read(URI, "pets", {"pets/cat/1.png": png(), "pets/dog/1.png": content})


def test_an_image_of_another_size_is_named() -> None:
    with pytest.raises(DatasetInvalid, match=r"pets/dog/1.png: has 9x9 pixels, pets/cat/1.png has 6x4; give all"):
        image_folder.read(URI, "pets", {"pets/cat/1.png": png(), "pets/dog/1.png": png((9, 9))})
