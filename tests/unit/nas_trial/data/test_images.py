from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from tests.support.held_files import HeldFiles

from nas_core.api.task import ImageOptions
from nas_core.data_files import MEDIA_FILES
from nas_model.preprocessing.images import Form
from nas_storage.directory_store import DirectoryStore
from nas_trial.data import images
from nas_trial.data.files import BucketFiles
from nas_trial.errors import DatasetInvalid
from nas_trial.process.stop import StopFlag

AS_THEY_ARE = ImageOptions()


def saved(image: Image.Image, form: str = "PNG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def deep_png(most: int) -> bytes:
    """Return an image of 16 bits a pixel whose greatest value is this."""
    return saved(Image.fromarray(np.linspace(0, most, 24).round().astype(np.uint16).reshape(4, 6)))


def png(size: tuple[int, int] = (6, 4), mode: str = "L", value: int = 0) -> bytes:
    return saved(Image.new(mode, size, value))


def decode(
    contents: Mapping[str, bytes], options: ImageOptions = AS_THEY_ARE, form: Form | None = None
) -> tuple[NDArray[np.uint8], Form]:
    files = HeldFiles(contents, "pets")
    form = form or images.form_of(files, list(contents), options)
    return np.concatenate(list(images.read(files, list(contents), form))), form


def one(content: bytes, options: ImageOptions = AS_THEY_ARE) -> NDArray[np.uint8]:
    return decode({"a": content}, options)[0][0]


def test_grey_unless_one_is_in_colour() -> None:
    assert decode({"a": png(), "b": png(mode="1")})[0].shape == (2, 1, 4, 6)
    assert decode({"a": png(), "b": png(mode="RGB")})[0].shape == (2, 3, 4, 6)


def test_later_images_have_the_form_of_the_first() -> None:
    _, form = decode({"a": png()})
    assert str(form) == "6x4 pixels of 8 bits in grey"
    assert decode({"b": png(mode="RGB")}, AS_THEY_ARE, form)[0].shape == (1, 1, 4, 6)
    with pytest.raises(DatasetInvalid, match="pets/b: has 5x5 pixels, pets/a has 6x4"):
        decode({"b": png((5, 5))}, AS_THEY_ARE, form)


def test_images_come_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nas_trial.data.raw.PIECE_BYTES", 100)
    files = HeldFiles({f"{k:02d}": png(value=k) for k in range(10)})
    form = images.form_of(files, files.names, AS_THEY_ARE)
    pieces = list(images.read(files, files.names, form))
    assert [len(piece) for piece in pieces] == [4, 4, 2]
    assert np.concatenate(pieces)[:, 0, 0, 0].tolist() == list(range(10))


def test_one_image_in_colour_tells_enough() -> None:
    files = HeldFiles({f"{k:03d}": png(mode="RGB") for k in range(200)})
    images.form_of(files, files.names, ImageOptions(size=8))
    assert len(files.fetched) < 50


def test_of_grey_images_in_a_bucket_only_headers_are_read_twice(
    store: DirectoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    for k in range(3):
        store.put(f"m/{k}.png", saved(Image.fromarray(rng.integers(0, 255, (400, 500)).astype(np.uint8))))
    # Its header is longer than the beginning that is read.
    store.put("m/3.jpg", saved(Image.new("L", (6, 4)), "JPEG", icc_profile=bytes(300_000)))
    files, opened = BucketFiles(store, "b", "m", StopFlag()), list[str]()

    def opening(name: str, open_file: Callable[[str], BinaryIO] = files.open) -> BinaryIO:
        opened.append(name)
        return open_file(name)

    monkeypatch.setattr(files, "open", opening)
    assert images.form_of(files, files.names, AS_THEY_ARE).mode == "L"
    assert opened == ["0.png", "3.jpg"]


def test_images_are_scaled_when_a_size_is_asked_for() -> None:
    found, _ = decode({"a": png((9, 30), value=200), "b": png(value=200)}, ImageOptions(size=8))
    assert found.shape == (2, 1, 8, 8)
    assert np.unique(found).tolist() == [200]


@pytest.mark.parametrize("progressive", [False, True])
def test_a_photo_that_is_decoded_at_size_is_the_same_photo(progressive: bool) -> None:
    rows, columns = np.mgrid[:480, :640]
    photo = np.stack([rows // 2, columns // 3, 255 - rows // 4], axis=2).astype(np.uint8)
    [small] = decode({"a": saved(Image.fromarray(photo), "JPEG", quality=95, progressive=progressive)}, SMALL)[0]
    right = np.asarray(Image.fromarray(photo[:, 80:560]).resize((32, 32), Image.Resampling.BICUBIC))
    assert np.abs(small.transpose(1, 2, 0).astype(int) - right).max() <= 4


SMALL = ImageOptions(size=32)


@pytest.mark.parametrize("form", ["PNG", "TIFF", "PPM"])
def test_grey_of_16_bits_keeps_the_upper_8(form: str) -> None:
    values = np.array([[0, 255, 256], [2000, 30_000, 65_535]], np.uint16)
    assert one(saved(Image.fromarray(values), form)).tolist() == [[[0, 0, 1], [7, 117, 255]]]


@pytest.mark.parametrize("form", ["PNG", "TIFF", "PPM"])
def test_grey_of_16_bits_of_which_12_are_filled(form: str) -> None:
    def deep(*values: int) -> bytes:
        return saved(Image.fromarray(np.array([values], np.uint16)), form)

    found, brought = decode({"a": deep(0, 16, 32), "b": deep(2048, 3000, 4095), "c": deep(1, 2, 3)})
    assert found[:, 0, 0].tolist() == [[0, 1, 2], [128, 187, 255], [0, 0, 0]] and brought.bits == 12
    assert decode({"d": deep(16, 4096, 65_535)}, AS_THEY_ARE, brought)[0].tolist() == [[[[1, 255, 255]]]]
    assert decode({"d": png((3, 1), "RGB", value=7), "e": deep(5, 6, 65_535)})[0][1, 0].tolist() == [[0, 0, 255]]


def test_images_of_16_bits_are_read_until_one_fills_them() -> None:
    files = HeldFiles({f"{k:03d}": saved(Image.fromarray(np.full((4, 6), 60_000, np.uint16))) for k in range(200)})
    assert images.form_of(files, files.names, AS_THEY_ARE).bits == 16
    assert len(files.fetched) < 250
    assert decode({"a": png()})[1].bits is None


def test_grey_of_16_bits_may_be_transparent() -> None:
    values = np.array([[4000, 4001, 5]], np.uint16)
    assert one(saved(Image.fromarray(values), transparency=4000)).tolist() == [[[255, 250, 0]]]
    hidden = np.array([[65_535, 5, 255]], np.uint16)
    assert one(saved(Image.fromarray(hidden), transparency=65_535)).tolist() == [[[255, 5, 255]]], "does not count"


def test_images_of_16_and_8_bits_together() -> None:
    deep = saved(Image.fromarray(np.full((4, 6), 200 << 8, np.uint16)))
    found, _ = decode({"a": png(value=100), "b": deep})
    assert found[:, 0, 0, 0].tolist() == [100, 200]
    assert decode({"a": png(mode="RGB"), "b": deep})[0][1, :, 0, 0].tolist() == [200, 200, 200]
    assert decode({"a": deep}, ImageOptions(size=4))[0][0, 0, 0, 0] == 200


@pytest.mark.parametrize(("kind", "told"), [(np.float32, "floats"), (np.int32, "whole numbers")])
def test_numbers_of_32_bits_are_refused(kind: type, told: str) -> None:
    content = saved(Image.fromarray(np.ones((4, 4), kind)), "TIFF")
    with pytest.raises(DatasetInvalid, match=f"pets/a.tif: holds {told} of 32 bits, .* 8 or 16 bits"):
        decode({"a.tif": content})


def shape(alpha: int = 255) -> NDArray[np.uint8]:
    """Return a black square, opaque on a transparent ground that is black as well: (8, 8, 4)."""
    pixels = np.zeros((8, 8, 4), np.uint8)
    pixels[2:6, 2:6, 3] = alpha
    return pixels


WHITE_GROUND = np.where(shape()[:, :, 3] > 0, 0, 255)


def test_what_is_transparent_becomes_white() -> None:
    colour = Image.fromarray(shape())
    assert one(saved(colour)).tolist() == [WHITE_GROUND.tolist()] * 3
    assert one(saved(colour.convert("LA"))).tolist() == [WHITE_GROUND.tolist()]
    palette = Image.fromarray((shape()[:, :, 3] > 0).astype(np.uint8), "P")
    palette.putpalette([0] * 768)
    assert one(saved(palette, transparency=0)).tolist() == [WHITE_GROUND.tolist()] * 3
    grey = Image.fromarray(np.where(WHITE_GROUND, 7, 0).astype(np.uint8))
    assert one(saved(grey, transparency=7)).tolist() == [WHITE_GROUND.tolist()]
    assert one(saved(Image.fromarray(shape(alpha=128))))[0, 3, 3] == 127


def test_transparent_images_are_scaled_without_a_dark_border() -> None:
    white = shape()
    white[:, :, :3] = np.where(white[:, :, 3:] > 0, 255, 0)
    assert np.unique(one(saved(Image.fromarray(white)), ImageOptions(size=5))).tolist() == [255]


TURNED: dict[int, Callable[[NDArray[np.uint8]], NDArray[np.uint8]]] = {
    1: lambda x: x,
    2: np.fliplr,
    3: lambda x: np.rot90(x, 2),
    4: np.flipud,
    5: np.transpose,
    6: lambda x: np.rot90(x, 1),
    7: lambda x: np.rot90(np.transpose(x), 2),
    8: lambda x: np.rot90(x, -1),
}
"""How a camera that is held so sees an upright scene, by EXIF's orientation."""


@pytest.mark.parametrize("orientation", TURNED)
def test_photos_are_turned_upright(orientation: int) -> None:
    scene = np.arange(24, dtype=np.uint8).reshape(4, 6) * 10
    exif = Image.Exif()
    exif[0x0112] = orientation
    turned = saved(Image.fromarray(np.ascontiguousarray(TURNED[orientation](scene))), exif=exif)
    found, form = decode({"a": turned, "b": saved(Image.fromarray(scene))})
    assert form.size == (6, 4) and found[:, 0].tolist() == [scene.tolist()] * 2


@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_a_photo_that_is_turned_has_another_size_than_one_that_is_not(form: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    wide = Image.new("L", (24, 16))
    both = {"a": saved(wide, form), "b": saved(wide, form, exif=exif)}
    with pytest.raises(DatasetInvalid, match=r"pets/b: has 16x24 pixels, pets/a has 24x16; .* task.dataset.image.size"):
        decode(both)
    assert decode(both, ImageOptions(size=8))[0].shape[2:] == (8, 8)


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
@pytest.mark.parametrize("form", ["TIFF", "WEBP"])
def test_forms_that_keep_exif_in_their_own_way_are_turned_once(form: str, orientation: int) -> None:
    scene = np.arange(24, dtype=np.uint8).reshape(4, 6) * 10
    exif = Image.Exif()
    exif[0x0112] = orientation
    seen = Image.fromarray(np.ascontiguousarray(TURNED[orientation](scene)))
    options = {"lossless": True} if form == "WEBP" else {}
    assert one(saved(seen, form, exif=exif, **options))[0].tolist() == scene.tolist()


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_exif_that_is_damaged_says_nothing() -> None:
    assert one(saved(Image.new("L", (6, 4)), "JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff")).shape == (1, 4, 6)


@pytest.mark.parametrize(
    ("ending", "form"),
    [
        *(("jfif", "JPEG"), ("jpe", "JPEG"), ("gif", "GIF"), ("tif", "TIFF"), ("webp", "WEBP"), ("bmp", "BMP")),
        *(("avif", "AVIF"), ("jp2", "JPEG2000"), ("ppm", "PPM")),
    ],
)
def test_the_forms_that_the_library_reads(ending: str, form: str) -> None:
    assert one(saved(Image.new("RGB", (6, 4), "white"), form)).shape == (3, 4, 6)
    assert f".{ending}" in MEDIA_FILES["image"]


def test_of_several_frames_the_first_counts() -> None:
    frames = [Image.new("L", (6, 4), value) for value in (10, 200)]
    for form in ("GIF", "TIFF"):
        assert one(saved(frames[0], form, save_all=True, append_images=frames[1:]))[0, 0, 0] == 10


def test_cmyk_is_colour() -> None:
    assert one(saved(Image.new("CMYK", (6, 4), (0, 0, 0, 255)), "JPEG")).max() < 8


def test_lab_is_colour() -> None:
    lab = saved(Image.new("LAB", (6, 4), (255, 128, 128)), "TIFF")
    found, form = decode({"a": lab})
    assert form.mode == "RGB" and found.shape == (1, 3, 4, 6)
    _, grey = decode({"a": png()})
    assert decode({"b": lab}, AS_THEY_ARE, grey)[0].shape == (1, 1, 4, 6), "among grey training images"


@pytest.mark.parametrize("content", [b"", b"<html>404</html>", png()[:40], b"%!PS-Adobe-3.0 EPSF-3.0\n"])
def test_an_unreadable_image_is_named(content: bytes) -> None:
    with pytest.raises(DatasetInvalid, match=r"pets/dog/1.png: cannot be read as an image: [^<>]*$"):
        decode({"cat/1.png": png(), "dog/1.png": content})


def test_an_image_that_unpacks_into_gigabytes_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with warnings.catch_warnings(), pytest.raises(DatasetInvalid, match=r"pets/a.png: .* decompression bomb"):
        decode({"a.png": png((30, 30))})


def test_an_image_of_another_size_is_named() -> None:
    with pytest.raises(DatasetInvalid, match=r"dog.png: has 9x9 pixels, .*cat.png has 6x4; .* task.dataset.image.size"):
        decode({"cat.png": png(), "dog.png": png((9, 9))})
