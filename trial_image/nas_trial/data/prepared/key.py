"""The key of a prepared data set: the same for whatever would give the same files."""

from __future__ import annotations

import hashlib
import json

from nas_core.api.task import Task
from nas_trial.data.files import Files

FORMAT = 3
"""Version of the files; another one is another key."""
ELSEWHERE = {"name", "uri", "volume", "path", "memory_limit"}
"""Of task.dataset: where the data is, which the files' content stands for, and what concerns trials alone."""


def key_of(task: Task, seed: int, files: Files, tokenizer: str | None = None) -> str:
    """Return the key: a hash of the format, what the search says of the data, its seed, and the files' content.

    ``tokenizer``: the content of the one that the search names. Raises Stopped if asked to while files are read.
    """
    said = {
        "format": FORMAT,
        "type": task.type,
        "multiLabel": task.multi_label,
        "positiveClass": task.positive_class,
        "dataset": task.dataset.model_dump(mode="json", exclude=ELSEWHERE),
        "seed": seed,
        "tokenizer": tokenizer,
    }
    digest = hashlib.sha256(json.dumps(said, sort_keys=True).encode())
    # One by one: there may be millions.
    for name, tag in zip(files.names, files.tags(), strict=True):
        digest.update(json.dumps([name, tag]).encode())
    return digest.hexdigest()
