from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from torch import Tensor

from nas_model.signature import ImageInput
from nas_trial.errors import CandidateRejected
from nas_trial.training.colours import COLOURS, colours, random_erasing, resized_crop

torch.manual_seed(0)
PHOTO = torch.randint(256, (1, 3, 16, 24), dtype=torch.uint8)


def change(name: str, images: Tensor, seed: int = 0) -> Tensor:
    changes = colours([name], ImageInput(images.shape[1], 16, 24))
    assert changes
    torch.manual_seed(seed)
    return changes(images)


@pytest.mark.parametrize("name", COLOURS)
@pytest.mark.parametrize("channels", [1, 3])
def test_each_image_is_changed_by_itself_and_stays_in_range(name: str, channels: int) -> None:
    changed = change(name, PHOTO[:, :channels].expand(64, -1, -1, -1))
    assert changed.shape == (64, channels, 16, 24) and changed.dtype == torch.float32
    assert changed.min() >= 0 and changed.max() <= 255
    assert len({tuple(image.flatten().tolist()) for image in changed}) > 48


@pytest.mark.parametrize("name", COLOURS)
def test_all_follows_from_the_seed(name: str) -> None:
    images = PHOTO.expand(8, -1, -1, -1)
    one, again, other = (change(name, images, seed) for seed in (1, 1, 2))
    assert torch.equal(one, again) and not torch.equal(one, other)


def test_nothing_is_asked_for() -> None:
    assert colours(["flip"], ImageInput(3, 8, 8)) is None


def test_images_without_colours() -> None:
    with pytest.raises(CandidateRejected, match="'color-jitter' is for images of 1 or 3 channels, and these have 13"):
        colours(["color-jitter"], ImageInput(13, 8, 8))
    with pytest.raises(CandidateRejected, match="'rand-augment' is for images of bytes"):
        change("rand-augment", PHOTO.float())


@pytest.mark.parametrize("channels", [1, 3, 13])
def test_a_resized_crop_is_a_part_of_its_image(channels: int) -> None:
    ramp = torch.arange(24.0).expand(64, channels, 16, 24)  # rises from left to right
    torch.manual_seed(0)
    cropped = resized_crop(ImageInput(channels, 16, 24))(ramp)
    assert cropped.shape == ramp.shape
    assert cropped.min() >= 0 and cropped.max() <= 23
    assert (cropped.diff(dim=3) >= -1e-4).all()
    shares = (cropped.amax((1, 2, 3)) - cropped.amin((1, 2, 3))) / 23  # of the width
    assert shares.min() < 0.5 and shares.max() > 0.8


def test_about_half_of_the_images_have_a_box_erased() -> None:
    torch.manual_seed(0)
    erased = random_erasing()(torch.ones(400, 2, 16, 16)) == 0  # (N, C, H, W)
    assert torch.equal(erased[:, 0], erased[:, 1])
    areas = erased[:, 0].float().mean((1, 2))
    assert 150 < (areas > 0).sum() < 250
    assert areas.max() <= 0.36


def test_kornia_is_imported_only_by_who_asks_for_it() -> None:
    code = "import sys, nas_trial.training.engine; assert not {'kornia', 'torchvision'} & sys.modules.keys()"
    subprocess.run([sys.executable, "-c", code], check=True)
