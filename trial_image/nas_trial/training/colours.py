"""Colours and shapes of images changed by kornia, each image by itself, whole batches on the device.

kornia and not torchvision, which is in the image too: torchvision draws once for a batch, so that each image would have
to be changed alone (5 to 10 times slower on a CPU, thousands of small kernels on a GPU), and takes 5 s to import where
kornia takes 0.8. Both are imported only where a search asks for what they do. All is drawn by torch's own generator.
Shapes: N batch, C channels, H and W image size.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

import torch
from torch import Tensor

from nas_model.signature import ImageInput
from nas_trial.errors import CandidateRejected

COLOURS = ("rand-augment", "color-jitter")
"""For images of bytes, before they are standardised."""
JITTER, HUE = 0.4, 0.1
"""Brightness, contrast and saturation change by up to 40 %, hue by up to a tenth of the circle."""
OPERATIONS, MAGNITUDE = 2, 9
"""Of RandAugment, as published for ImageNet: operations an image, and their size, of 30."""
CROP_AREA, CROP_RATIO = (0.08, 1.0), (3 / 4, 4 / 3)
ERASED, ERASED_AREA, ERASED_RATIO = 0.5, (0.02, 0.33), (0.3, 3.3)
"""Share of images of which a box is erased; its share of the area; height by width."""

Change = Callable[[Tensor], Tensor]


def colours(names: Collection[str], image: ImageInput) -> Change | None:
    """Return what changes the colours of images (N, C, H, W) of bytes, None if nothing is asked for.

    Raises:
        CandidateRejected: if the images have no colours; by what is returned, if they are not of bytes.
    """
    asked = [name for name in COLOURS if name in names]
    if not asked:
        return None
    if image.channels not in (1, 3):
        raise CandidateRejected(
            "SpecInvalid",
            f"evaluation.augmentation {asked[0]!r} is for images of 1 or 3 channels, and these have {image.channels}; "
            "remove it",
        )
    makers = {"rand-augment": _rand_augment, "color-jitter": _color_jitter}
    changes = [makers[name]() for name in asked]

    @torch.no_grad()
    def change(images: Tensor) -> Tensor:
        if images.dtype != torch.uint8:
            raise CandidateRejected(
                "SpecInvalid",
                f"evaluation.augmentation {asked[0]!r} is for images of bytes, 0 to 255, and these are of "
                "floating-point numbers; remove it",
            )
        coloured = (images.float() / 255).expand(-1, 3, -1, -1).contiguous()  # (N, 3, H, W): grey as equal colours
        for one in changes:
            coloured = one(coloured)
        return coloured[:, : image.channels] * 255

    return change


def resized_crop(image: ImageInput) -> Change:
    """Return what takes a part of each image and scales it to the size of all (Szegedy et al. 2015).

    Reference: arXiv:1409.4842, section 6.
    """
    from kornia.augmentation import RandomResizedCrop

    # Resampled in one go for the whole batch; "slice" would cut each image out by itself.
    size = (image.height, image.width)
    crop: Change = RandomResizedCrop(size, scale=CROP_AREA, ratio=CROP_RATIO, cropping_mode="resample")
    return crop


def random_erasing() -> Change:
    """Return what sets a box to 0, the mean of standardised images (Zhong et al. 2020, arXiv:1708.04896)."""
    from kornia.augmentation import RandomErasing

    erase: Change = RandomErasing(scale=ERASED_AREA, ratio=ERASED_RATIO, value=0.0, p=ERASED)
    return erase


def _color_jitter() -> Change:
    from kornia.augmentation import ColorJitter

    jitter: Change = ColorJitter(JITTER, JITTER, JITTER, HUE)
    return jitter


def _rand_augment() -> Change:
    """Return RandAugment (Cubuk et al. 2020, arXiv:1909.13719), which chooses for each image.

    kornia's own chooses once for a batch, so each of its operations is given the images that are to have it.
    """
    from kornia.augmentation.auto import RandAugment
    from kornia.augmentation.auto.rand_augment.rand_augment import default_policy

    operations = [RandAugment(1, MAGNITUDE, [operation]) for operation in default_policy]

    def augment(images: Tensor) -> Tensor:
        for _ in range(OPERATIONS):
            chosen = torch.randint(len(operations), (len(images),))  # (N,), on the CPU: nothing waits for the device
            images = images.clone()
            for number, operation in enumerate(operations):
                if len(rows := (chosen == number).nonzero()[:, 0]):
                    rows = rows.to(images.device)
                    images[rows] = operation(images[rows])
        return images.clamp(0, 1)

    return augment
