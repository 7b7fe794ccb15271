"""The data sets of the examples: one file each, which makes a folder in a format that the trainer reads.

Each module has ``INPUTS``, what its folder depends on, and ``build(steps, directory)``. Folders are kept in the tool's
cache. Modules need numpy and pandas: they run in the checkout's ``.venv`` (``python3 -m nas_dev dataset`` sees to it).
"""

from pathlib import Path

from nas_dev.cache import build_once
from nas_dev.datasets import (
    credit_data,
    fashion_mnist,
    few_shot_clothes,
    image_text_table,
    japanese_vowels,
    mail_tables,
    spam_assassin,
    spoken_digits,
)
from nas_dev.steps import Steps

__all__ = ["DATASETS", "folder"]

DATASETS = {
    "credit-data": credit_data,
    "fashion-mnist": fashion_mnist,
    "few-shot-clothes": few_shot_clothes,
    "image-text-table": image_text_table,
    "japanese-vowels": japanese_vowels,
    "mail-tables": mail_tables,
    "spam-assassin": spam_assassin,
    "spoken-digits": spoken_digits,
}


def folder(name: str, steps: Steps) -> Path:
    """Return the folder with a data set, made at first."""
    module = DATASETS[name]

    def build(directory: Path) -> None:
        with steps.step(f"data set {name}"):
            module.build(steps, directory)

    return build_once(f"dataset-{name}", module.INPUTS, build)
