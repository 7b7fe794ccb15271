"""The bills of materials of the images have what is pinned, and are CycloneDX."""

from __future__ import annotations

import json
from pathlib import Path

from cyclonedx.schema import OutputFormat, SchemaVersion
from cyclonedx.validation import make_schemabased_validator

from nas_dev import sbom

PINS = """aiohttp==3.14.5 \\
    --hash=sha256:0133c3c3b54a0bf1e71fa5c1ad95c93f07fd54e24ef1fe182f5122e1573d2bf1 \\
    --hash=sha256:038c2c7e8caa26b6c8423779b5eaf1893904048a512c19b32fe841ffa5592b50
colorama==0.4.6 ; sys_platform == 'win32' \\
    --hash=sha256:08695f5cb7ed6e0531a20572697297273c47b8cae5a63ffc6d6ed5c201be6e44
cuda-toolkit[cublas, cudart]==13.2.2 ; sys_platform == 'linux' \\
    --hash=sha256:0869
scipy==1.17.1 ; python_full_version < '3.12'
scipy==1.18.1 ; python_full_version >= '3.12'
"""


def test_what_the_image_installs_is_in_it_and_nothing_else() -> None:
    text = sbom.bill_of_materials("nas-operator", "0.1.0", PINS)
    found = json.loads(text)
    assert [part["purl"] for part in found["components"]] == [
        "pkg:pypi/aiohttp@3.14.5",
        "pkg:pypi/cuda-toolkit@13.2.2",
        "pkg:pypi/scipy@1.17.1",
    ]
    assert text == sbom.bill_of_materials("nas-operator", "0.1.0", PINS), "no time and no chance is in it"


def test_those_of_the_images_are_valid(tmp_path: Path) -> None:
    validator = make_schemabased_validator(OutputFormat.JSON, SchemaVersion.V1_6)
    for file in sbom.write(tmp_path):
        text = file.read_text()
        assert validator.validate_str(text) is None
        assert len(json.loads(text)["components"]) > 30
