from __future__ import annotations

import random
from typing import Any

import pytest
import torch
from torch import Tensor

from nas_core.api.evaluation import Evaluation
from nas_model.signature import ImageInput, Signature, TableInput, TextInput
from nas_trial.errors import CandidateRejected
from nas_trial.training.augment import Augmentation, make_augmentation

IMAGES = Signature(outputs=3, image=ImageInput(2, 16, 24))


def numbered(n: int = 64) -> Tensor:
    """Images (n, 2, 16, 24) whose pixels are all different, and none 0."""
    return torch.arange(1, n * 2 * 16 * 24 + 1, dtype=torch.float32).view(n, 2, 16, 24)


def augment(seed: int = 0, images: Tensor | None = None, **settings: Any) -> Any:
    torch.manual_seed(seed)
    made = make_augmentation(Evaluation(**settings), IMAGES, classification=True)
    assert made
    return made(numbered() if images is None else images, random.Random(seed))


def test_flip_mirrors_about_half_of_them() -> None:
    images, flipped = numbered(), augment(augmentation=["flip"]).images
    mirrored = [torch.equal(after, before.flip(2)) for before, after in zip(images, flipped, strict=True)]
    same = [torch.equal(after, before) for before, after in zip(images, flipped, strict=True)]
    assert all(a != b for a, b in zip(mirrored, same, strict=True))
    assert 16 < sum(mirrored) < 48


def test_crop_shifts_by_up_to_an_eighth_and_fills_with_the_mean() -> None:
    images, cropped = numbered(), augment(augmentation=["crop"]).images
    assert cropped.shape == images.shape
    shifts = set()
    for before, after in zip(images, cropped, strict=True):
        found = [
            (down, right)
            for down in range(-2, 3)
            for right in range(-3, 4)
            if torch.equal(shift(before, down, right), after)
        ]
        assert len(found) == 1
        shifts.add(found[0])
    assert {down for down, _ in shifts} == set(range(-2, 3))
    assert {right for _, right in shifts} == set(range(-3, 4))


def shift(image: Tensor, down: int, right: int) -> Tensor:
    moved = torch.zeros_like(image)
    height, width = image.shape[1:]
    rows, columns = range(max(0, down), min(height, height + down)), range(max(0, right), min(width, width + right))
    for row in rows:
        for column in columns:
            moved[:, row, column] = image[:, row - down, column - right]
    return moved


def test_mixup_blends_each_with_its_partner() -> None:
    images, mixed = numbered(), augment(mixup="1")
    assert 0.5 <= mixed.share < 1
    assert sorted(mixed.partner.tolist()) == list(range(64))
    expected = mixed.share * images + (1 - mixed.share) * images[mixed.partner]
    assert torch.allclose(mixed.images, expected)


def test_cutmix_shares_by_area() -> None:
    images, mixed = numbered(), augment(seed=3, cutmix="1")
    pasted = mixed.images != images
    moved = mixed.partner != torch.arange(64)
    assert pasted[moved].double().mean() == pytest.approx(1 - mixed.share)
    assert 0.4 < mixed.share < 1
    assert torch.equal(mixed.images[pasted], images[mixed.partner][pasted])


def test_mixup_and_cutmix_take_turns() -> None:
    kinds = {bool(augment(seed, mixup="1", cutmix="1").images.frac().any()) for seed in range(8)}
    assert kinds == {True, False}


def test_everything_follows_from_the_seed() -> None:
    one, again, other = (augment(seed, augmentation=["crop", "flip"], mixup="0.2").images for seed in (1, 1, 2))
    assert torch.equal(one, again)
    assert not torch.equal(one, other)


def test_nothing_is_asked_for() -> None:
    assert make_augmentation(Evaluation(), IMAGES, classification=True) is None
    assert make_augmentation(Evaluation(augmentation=["flip"]), IMAGES, classification=False) == Augmentation(
        crop=False, flip=True, mixup=0.0, cutmix=0.0
    )


@pytest.mark.parametrize(
    ("settings", "signature"),
    [
        ({"augmentation": ["flip"]}, Signature(outputs=2, text=TextInput(10, 8))),
        ({"mixup": "0.2"}, Signature(outputs=2, text=TextInput(10, 8))),
        ({"cutmix": "1"}, Signature(outputs=2, image=ImageInput(1, 8, 8), table=TableInput(3))),
    ],
)
def test_what_the_data_are_not_for(settings: dict[str, Any], signature: Signature) -> None:
    with pytest.raises(CandidateRejected, match=r"evaluation\.(augmentation|mixup) .*remove"):
        make_augmentation(Evaluation(**settings), signature, classification=True)
