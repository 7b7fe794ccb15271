"""Files of images, sound or text whose names tell the class: a folder a class, or pairs in WebDataset's manner.

A folder a class: ``[train/|val/|test/]<class>/<anything>.png``. WebDataset: ``<sample>.png`` beside ``<sample>.cls``,
which holds the class (https://github.com/webdataset/webdataset, "The WebDataset Format"). Both also inside archives
(`nas_trial.data.archives`). What the names tell is decided by `nas_trial.data.arrangement`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from nas_core.api.task import Task
from nas_core.data_files import EXAMPLE_FILES, LABEL
from nas_model.preprocessing.images import Form
from nas_model.preprocessing.piece import Piece
from nas_trial.data import audio, images, texts
from nas_trial.data.arrangement import arrange
from nas_trial.data.files import Files
from nas_trial.data.raw import RawData, join
from nas_trial.process.log import log

LABEL_BYTES = 4096
"""Of a file that holds a class; it is a word or a number."""
LOSSY = (".jpg", ".jpeg", ".jpe", ".jfif", ".webp")
"""Endings of images that have lost detail."""
MOST_LOGGED = 100
"""Classes of a split whose examples the log counts."""


def read(files: Files, kind: str, task: Task) -> RawData:
    """Read the images (``kind`` image), sounds (audio) or texts (text)."""
    pairs = files.ending((LABEL,))
    found = arrange(files.where, files.names, kind, EXAMPLE_FILES[kind], _paired(files, pairs) if pairs else None)
    for split, classes in found.splits.items():
        counts = Counter(classes.values())
        log(
            "data", split=split, files=len(classes), classes=len(counts), examples=dict(counts.most_common(MOST_LOGGED))
        )
    media = _MediaFiles(files, kind, task)
    form = images.form_of(files, list(found.splits["train"]), task.dataset.image) if kind == "image" else None
    parts = {split: media.read(found.splits[split], form) for split in ("train", "val") if split in found.splits}
    # One such file makes all of them such: a data set has images of one kind.
    lossy = any(name.lower().endswith(LOSSY) for name in found.splits["train"])
    data = replace(join(parts), warnings=found.warnings, lossy=lossy)
    if "test" not in found.splits:
        return data
    return replace(data, test=lambda: media.read(found.splits["test"], form))


@dataclass(frozen=True)
class _MediaFiles:
    """Files of images, sound or text of a task."""

    files: Files
    kind: str
    task: Task

    def read(self, part: Mapping[str, str], form: Form | None) -> RawData:
        """Read files of known classes; images in the form of those to train on."""
        names, labels = list(part), tuple(dict.fromkeys(part.values()))
        places = {label: place for place, label in enumerate(labels)}

        def pieces() -> Iterator[Piece]:
            if form is not None:
                yield from ({"image": piece} for piece in images.read(self.files, names, form))
            elif self.kind == "text":
                yield from ({"text": piece} for piece in texts.read(self.files, names))
            else:
                yield from ({"audio": piece} for piece in audio.read(self.files, names, self.task.dataset.audio))

        targets = np.fromiter((places[label] for label in part.values()), np.int32, len(names))
        brought, bits = (str(form), form.bits) if form else ("", None)
        return RawData(pieces, targets, self.files.where, labels=labels, row=names.__getitem__, form=brought, bits=bits)


def _paired(files: Files, pairs: list[str]) -> Callable[[str], str | None]:
    read = files.map(pairs, lambda _, file: file.read(LABEL_BYTES).decode(errors="replace").strip())
    classes: dict[str, str] = {}
    known: dict[str, str] = {}
    for name, label in zip(pairs, read, strict=True):
        # One object a class, not one a file.
        classes[name[: -len(LABEL)]] = known.setdefault(label, label)
    return lambda name: classes.get(_sample(name))


def _sample(name: str) -> str:
    folder, slash, base = name.rpartition("/")
    # To the first dot, as WebDataset has it: a.seg.png belongs to the sample a.
    return folder + slash + base.split(".")[0]
