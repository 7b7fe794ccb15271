"""Files of images or sound whose names tell the class: a folder a class, or pairs in WebDataset's manner.

A folder a class: ``[train/|val/|test/]<class>/<anything>.png``. WebDataset: ``<sample>.png`` beside ``<sample>.cls``,
which holds the class (https://github.com/webdataset/webdataset, "The WebDataset Format"). Both also inside tar
archives (`nas_trial.data.files`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nas_core.api.task import Task
from nas_trial.data import audio, images
from nas_trial.data.files import Files
from nas_trial.data.formats import MEDIA
from nas_trial.data.names import part_of_folder
from nas_trial.data.raw import RawData, in_memory, join
from nas_trial.errors import DatasetInvalid

LABEL = ".cls"


@dataclass(frozen=True)
class MediaFiles:
    """Files of images or sound of a task."""

    files: Files
    kind: str
    """image or audio."""
    task: Task

    def samples(self) -> dict[str, dict[str, str]]:
        """Return file -> class of each split that there is.

        Files outside ``train`` are no training examples if there is such a folder. Raises DatasetInvalid if there are
        none.
        """
        pairs = [name for name in self.files.names if name.endswith(LABEL)]
        label = self._paired(pairs) if pairs else self._folder_of
        splits: dict[str, dict[str, str]] = {}
        for name in self.files.names:
            if name.lower().endswith(MEDIA[self.kind]) and (given := label(name)) is not None:
                splits.setdefault(part_of_folder(name) or "", {})[name] = given
        unnamed = splits.pop("", {})
        splits.setdefault("train", unnamed)
        if not splits["train"]:
            forms = "|".join(MEDIA[self.kind])
            raise DatasetInvalid(f"{self.files.where}: found no <class>/<{self.kind}>{forms} to train on")
        return splits

    def read(self, part: dict[str, str], form: images.Form | None = None) -> tuple[RawData, images.Form | None]:
        """Read files of known classes; images in the form of others, if one is given."""
        contents = {self.files.label(name): content for name, content in self.files.read(list(part)).items()}
        values: NDArray[Any]
        if self.kind == "image":
            values, form = images.decode(contents, self.task.dataset.image, form)
        else:
            values = audio.decode(contents, self.task.dataset.audio)
        names = list(part)
        data = in_memory({self.kind: values}, np.array(list(part.values())), self.files.where, row=names.__getitem__)
        return data, form

    def _folder_of(self, name: str) -> str | None:
        inner = name.partition("/")[2] if part_of_folder(name) else name  # the folder of a split is no class
        return inner.split("/")[0] if "/" in inner else None

    def _paired(self, pairs: list[str]) -> Callable[[str], str | None]:
        contents = self.files.read(pairs)

        def label(name: str) -> str | None:
            content = contents.get(_sample(name) + LABEL)
            return None if content is None else content.decode(errors="replace").strip()

        return label


def read(files: Files, kind: str, task: Task) -> RawData:
    """Read the images (``kind`` image) or sounds (audio)."""
    media = MediaFiles(files, kind, task)
    samples = media.samples()
    train, form = media.read(samples["train"])
    parts = {"train": train}
    if "val" in samples:
        parts["val"] = media.read(samples["val"], form)[0]
    data = join(parts)
    return replace(data, test=lambda: media.read(samples["test"], form)[0]) if "test" in samples else data


def _sample(name: str) -> str:
    folder, slash, base = name.rpartition("/")
    # To the first dot, as WebDataset has it: a.seg.png belongs to the sample a.
    return folder + slash + base.split(".")[0]
