"""The lines of docs/serving.md that make an OCI artifact of a model run, with a stand-in for oras."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import tarfile
from pathlib import Path

import pytest
from tests.support.small_bundle import write_bundle

import nas_model
from nas_dev.paths import REPOSITORY

PAGE = (REPOSITORY / "docs" / "serving.md").read_text()
ORAS = """#!/bin/sh
printf '%s\\n' "$@" > arguments
"""


@pytest.fixture
def pushed(tmp_path: Path) -> Path:
    """Run the block beside a model; return the folder."""
    [block] = [
        block for block in re.findall(r"^```bash\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL) if "oras" in block
    ]
    write_bundle(tmp_path / "people-model")
    oras = tmp_path / "bin" / "oras"
    oras.parent.mkdir()
    oras.write_text(ORAS)
    oras.chmod(0o755)
    path = f"{oras.parent}:{os.environ['PATH']}"
    subprocess.run(["bash", "-eu", "-c", block], cwd=tmp_path, check=True, env={**os.environ, "PATH": path})
    return tmp_path


def test_what_is_pushed_is_an_image_of_one_layer(pushed: Path) -> None:
    arguments = (pushed / "arguments").read_text().split()
    assert arguments == [
        "push",
        "--config",
        "config.json:application/vnd.oci.image.config.v1+json",
        "registry.example.com/models/people:v1",
        "people-model.tar:application/vnd.oci.image.layer.v1.tar",
    ]
    config = json.loads((pushed / "config.json").read_text())
    digest = hashlib.sha256((pushed / "people-model.tar").read_bytes()).hexdigest()
    assert config["rootfs"] == {"type": "layers", "diff_ids": [f"sha256:{digest}"]}
    assert config["os"] == "linux" and config["architecture"]


def test_its_layer_has_the_model_at_its_top(pushed: Path) -> None:
    layer = pushed / "people-model.tar"
    with tarfile.open(layer) as archive:
        names = {member.name.removeprefix("./") for member in archive if member.isfile()}
        assert {member.mtime for member in archive} == {0} and {member.uid for member in archive} == {0}
    assert names == {path.name for path in (pushed / "people-model").iterdir()}
    assert nas_model.load(layer).classes == ("no", "yes")
