"""The bill of materials of a model (ML-BOM): CycloneDX 1.6 in JSON.

The model with the hashes of its weights, the data by their hash, and the packages that trained and exported it. The
same model gives the same file: no time is in it, and its serial number follows from the weights.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import metadata

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.exception import CycloneDxException
from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import License
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

BOM = "bom.cdx.json"
DATA_HASH = "sha256:"
OWN = ("nas-core", "nas-model", "nas-operator")
"""Packages that no index has."""
EXPORTING = ("numpy", "onnx", "onnxruntime", "onnxscript", "pydantic", "safetensors", "torch")
"""Whose versions of this environment are told: they made the exports."""


@dataclass(frozen=True)
class Material:
    """What is known of a model."""

    name: str
    version: str
    task: str
    """task.type of the search."""
    architecture: str
    weights_sha256: str
    dataset_hash: str | None
    """``sha256:…``."""
    trained_by: Mapping[str, str]
    """Versions of the packages that trained it."""
    properties: Mapping[str, str] = field(default_factory=dict)
    """Lineage, in words."""


def bill_of_materials(material: Material) -> bytes:
    """Return the file."""
    bom = Bom(serial_number=uuid.uuid5(uuid.NAMESPACE_URL, f"{material.name}:{material.weights_sha256}"))
    # The library writes the time of making unless there is none.
    bom.metadata.timestamp = None  # type: ignore[assignment]
    model = Component(
        type=ComponentType.MACHINE_LEARNING_MODEL,
        name=material.name,
        version=material.version,
        bom_ref="model",
        description=f"{material.task}: {material.architecture}"[:1000],
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=material.weights_sha256)],
        properties=[Property(name=f"nas:{name}", value=value) for name, value in material.properties.items()],
    )
    bom.metadata.component = model
    parts = [_package(name, version) for name, version in _packages(material.trained_by).items()]
    if material.dataset_hash:
        parts.append(_data(material.dataset_hash))
    for part in parts:
        bom.components.add(part)
    bom.register_dependency(model, parts)
    return JsonV1Dot6(bom).output_as_string(indent=1).encode()


def _packages(trained_by: Mapping[str, str]) -> dict[str, str]:
    here = {}
    for name in EXPORTING:
        try:
            here[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    # Those that trained it stand for themselves, also where another version exported it.
    return dict(sorted((here | dict(trained_by)).items()))


def _package(name: str, version: str) -> Component:
    plain = version.partition("+")[0]  # a build of PyTorch, such as 2.15.0+cu128, is of the same release
    return Component(
        type=ComponentType.LIBRARY,
        name=name,
        version=version,
        bom_ref=f"package-{name}",
        purl=None if name in OWN else PackageURL("pypi", name=name, version=plain),
        licenses=_licences(name),
    )


def _licences(name: str) -> list[License]:
    """Return the licence that an installed package declares as an SPDX expression; none where it does not."""
    try:
        declared = metadata.metadata(name).json.get("license_expression")
        return [LicenseFactory().make_from_string(str(declared))] if declared else []
    except (metadata.PackageNotFoundError, CycloneDxException):
        return []


def _data(dataset_hash: str) -> Component:
    """Return the data: by the hash over all examples as they were before they were divided."""
    hashes = [HashType(alg=HashAlgorithm.SHA_256, content=dataset_hash.removeprefix(DATA_HASH))]
    return Component(type=ComponentType.DATA, name="training data", bom_ref="data", hashes=hashes)
