"""The image of the trials as it is built: what each of their pods starts from."""

from __future__ import annotations

from pathlib import Path

import pytest

from nas_dev.images.build import SOURCES, Builder
from nas_dev.steps import Steps

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("trial_image")]

HASH_BASED = 1
"""The flag of bytecode that is not checked against its source's time (PEP 552)."""


def test_a_trial_need_not_compile_what_it_imports() -> None:
    builder, source = Builder(Steps()), SOURCES["trial"]
    layers = builder.export(builder.build(source), source.reference).layers
    compiled = [file for layer in layers for file in (layer.files / "opt").rglob("*.pyc")]
    assert {"torch", "nas_trial"} <= {file.parent.parent.name for file in compiled}
    assert not [file for file in compiled if not _flags(file) & HASH_BASED]


def _flags(file: Path) -> int:
    with file.open("rb") as content:
        return int.from_bytes(content.read(8)[4:], "little")
