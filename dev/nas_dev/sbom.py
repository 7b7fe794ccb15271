"""Writes the bills of materials of the images (SBOM): CycloneDX 1.6 in JSON, from the pins that they are built with.

A scanner of known vulnerabilities takes them: osv-scanner, Grype, Trivy. The packages of the base image are not in
them: which base an image has is for who builds it to choose.
"""

from __future__ import annotations

import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from packaging.requirements import Requirement

from nas_dev.paths import REPOSITORY
from nas_dev.setup.requirements import DIRECTORY, read_pyproject

IMAGES = {"nas-operator": "operator", "nas-trial": "trial"}
"""By the name of an image: the file of pins."""
ENVIRONMENT = {
    "python_version": "3.11",
    "python_full_version": "3.11.0",
    "sys_platform": "linux",
    "platform_system": "Linux",
    "platform_python_implementation": "CPython",
    "implementation_name": "cpython",
    "platform_machine": "x86_64",
}
"""What the images' Python says of itself: pins of other systems are left out."""


def pinned(text: str) -> Iterator[Requirement]:
    """Yield what a file of pins installs in an image."""
    for line in text.splitlines():
        # A package's first line; its hashes, one for each of its wheels, follow on lines of their own.
        if line and not line.startswith((" ", "#")):
            requirement = Requirement(line.removesuffix("\\"))
            if requirement.marker is None or requirement.marker.evaluate(ENVIRONMENT):
                yield requirement


def bill_of_materials(image: str, version: str, pins: str) -> str:
    """Return the file of an image; the same pins give the same file."""
    bom = Bom(serial_number=uuid.uuid5(uuid.NAMESPACE_URL, f"{image}:{version}:{pins}"))
    # The library writes the time of making unless there is none.
    bom.metadata.timestamp = None  # type: ignore[assignment]
    whole = Component(type=ComponentType.CONTAINER, name=image, version=version, bom_ref=image)
    bom.metadata.component = whole
    parts = [_package(requirement) for requirement in pinned(pins)]
    for part in parts:
        bom.components.add(part)
    bom.register_dependency(whole, parts)
    return JsonV1Dot6(bom).output_as_string(indent=1)


def _package(requirement: Requirement) -> Component:
    version = str(requirement.specifier).removeprefix("==")
    url = PackageURL("pypi", name=requirement.name, version=version)
    return Component(
        type=ComponentType.LIBRARY, name=requirement.name, version=version, purl=url, bom_ref=url.to_string()
    )


def write(directory: Path) -> list[Path]:
    """Write the files of all images into a folder; return their paths."""
    directory.mkdir(parents=True, exist_ok=True)
    version = read_pyproject()["project"]["version"]
    written = []
    for image, pins in IMAGES.items():
        file = directory / f"{image}.cdx.json"
        file.write_text(bill_of_materials(image, version, (DIRECTORY / f"{pins}.txt").read_text()))
        written.append(file)
    return written


if __name__ == "__main__":
    sys.stdout.writelines(f"{file}\n" for file in write(REPOSITORY / "build" / "sbom"))
