"""Mails as texts, spam or ham: ``mails.jsonl`` with the columns text and label."""

import json
from pathlib import Path

from nas_dev.cache import Input
from nas_dev.datasets import mails
from nas_dev.steps import Steps

INPUTS: list[Input] = [Path(__file__), Path(mails.__file__)]


def build(steps: Steps, directory: Path) -> None:
    """Write one line a mail."""
    with (directory / "mails.jsonl").open("w") as file:
        for mail in mails.read(steps):
            file.write(json.dumps({"text": mail.text, "label": mail.label}) + "\n")
