"""Training images changed at random, whole batches on the device. Shapes: N batch, C channels, H and W image size.

In this order: the colours of images of bytes (`nas_trial.training.colours`); then, standardised, resized crops, flips
and shifts, erased boxes, and mixtures with other images. Sound is changed within the network
(`nas_trial.training.spec_augment`).
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional

from nas_core.api.evaluation import Evaluation
from nas_model.signature import Signature
from nas_trial.data.examples import Batch
from nas_trial.errors import CandidateRejected
from nas_trial.training.colours import Change, colours, random_erasing, resized_crop

CROP_SHARE = 8
"""Images are shifted by up to an eighth of their size: 4 pixels of 32, as is usual for CIFAR."""


@dataclass(frozen=True)
class Mixed:
    """Images (N, C, H, W) of which each has ``share`` of its own label and the rest of its ``partner``'s (N)."""

    images: Tensor
    partner: Tensor | None = None
    share: float = 1.0


@dataclass(frozen=True)
class Augmentation:
    """What is done to the images of a training batch."""

    crop: bool
    flip: bool
    mixup: float
    cutmix: float
    recolour: Change | None = None
    """Changes images of bytes."""
    resize: Change | None = None
    erase: Change | None = None
    """Both change standardised images."""

    def before(self, batch: Batch) -> Batch:
        """Return a batch with other colours, if they are to be changed; its images are as they are kept."""
        if self.recolour is None:
            return batch
        return replace(batch, rows={**batch.rows, "image": self.recolour(batch.rows["image"])})

    def __call__(self, images: Tensor, draw: random.Random) -> Mixed:
        """Change standardised images (N, C, H, W).

        ``draw`` decides for the batch, torch's own generator for each image.
        """
        if self.resize:
            images = self.resize(images)
        if self.crop or self.flip:
            images = self._move(images)
        if self.erase:
            images = self.erase(images)
        if not (self.mixup or self.cutmix):
            return Mixed(images)
        partner = torch.randperm(len(images), device=images.device)  # (N,); an image may be its own
        # With both, a coin decides for the whole batch.
        pasting = self.cutmix and (not self.mixup or draw.random() < 0.5)
        alpha = self.cutmix if pasting else self.mixup
        share = draw.betavariate(alpha, alpha)
        share = max(share, 1 - share)  # an image is more itself than its partner, so that accuracy means something
        if pasting:
            return paste(images, partner, share, draw)
        return Mixed(
            torch.lerp(images[partner], images, share), partner, share
        )  # share of its own, the rest its partner's

    def _move(self, images: Tensor) -> Tensor:
        n, _, height, width = images.shape
        device = images.device
        # Which row and column each pixel of the result comes from: one gather then does flip and crop together.
        rows = torch.arange(height, device=device).expand(n, -1)  # (N, H)
        columns = torch.arange(width, device=device).expand(n, -1)  # (N, W)
        if self.flip:
            mirrored = torch.rand(n, 1, device=device) < 0.5  # (N, 1)
            columns = torch.where(mirrored, columns.flip(1), columns)
        if self.crop:
            down, right = max(1, height // CROP_SHARE), max(1, width // CROP_SHARE)
            # Zeros around, then a window of the old size at a random place of the larger image.
            images = functional.pad(images, (right, right, down, down))
            rows = rows + torch.randint(0, 2 * down + 1, (n, 1), device=device)
            columns = columns + torch.randint(0, 2 * right + 1, (n, 1), device=device)
        each = torch.arange(n, device=device)[:, None, None]  # (N, 1, 1)
        return images[each, :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)  # (N, H, W, C) before


def paste(images: Tensor, partner: Tensor, share: float, draw: random.Random) -> Mixed:
    """Paste a box of each partner, of about ``1 - share`` of the area (CutMix, Yun et al. 2019, arXiv:1905.04899)."""
    height, width = images.shape[2:]
    side = math.sqrt(1 - share)  # so that the box has that share of the area
    top, bottom = _interval(height, side, draw)
    left, right = _interval(width, side, draw)
    images = images.clone()
    images[:, :, top:bottom, left:right] = images[partner, :, top:bottom, left:right]
    # The share that it became: the box is cut off where it reaches beyond the edge.
    return Mixed(images, partner, 1 - (bottom - top) * (right - left) / (height * width))


def _interval(size: int, share: float, draw: random.Random) -> tuple[int, int]:
    """Return the part of an interval about ``share`` as long that lies around a random point of it."""
    middle, half = draw.randrange(size), int(size * share) // 2
    return max(0, middle - half), min(size, middle + half)


def make_augmentation(evaluation: Evaluation, signature: Signature, classification: bool) -> Augmentation | None:
    """Return what the search asks for, None if it is nothing.

    mixup: Zhang et al. 2018, arXiv:1710.09412.

    Raises:
        CandidateRejected: if the data are not of the kind that it is for.
    """
    names = [name for name in evaluation.augmentation if name != "spec-augment"]
    mixup, cutmix = float(evaluation.mixup), float(evaluation.cutmix)
    if names and not signature.image:
        raise CandidateRejected(
            "SpecInvalid", f"evaluation.augmentation {names[0]!r} is for images and the data has none; remove it"
        )
    if (mixup or cutmix) and not (classification and set(signature.zeros()) == {"image"}):
        raise CandidateRejected(
            "SpecInvalid", "evaluation.mixup and cutmix are for the classification of images alone; remove them"
        )
    image = signature.image
    if image is None or not (names or mixup or cutmix):
        return None
    return Augmentation(
        "crop" in names,
        "flip" in names,
        mixup,
        cutmix,
        colours(names, image),
        resized_crop(image) if "resized-crop" in names else None,
        random_erasing() if "random-erasing" in names else None,
    )
