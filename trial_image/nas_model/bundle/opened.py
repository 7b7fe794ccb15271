"""A bundle that is read: every file is compared with the manifest before it is used."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from torch import Tensor

from nas_model.bundle.format import (
    ARCHITECTURE,
    JSON_LIMIT,
    MANIFEST,
    MANIFEST_LIMIT,
    PREPROCESSING,
    REQUIRED,
    SIGNATURE,
    WEIGHTS,
    ArchitectureFile,
    Manifest,
    SignatureFile,
)
from nas_model.bundle.places import Place
from nas_model.errors import BundleError
from nas_model.preprocessing.forms import Preprocessing

WEIGHTS_LIMIT = 64 << 30
"""Bytes of any file that is not JSON."""
Form = TypeVar("Form", bound=BaseModel)


@dataclass(frozen=True)
class OpenedBundle:
    """What a bundle says. The weights are read when they are asked for."""

    place: Place
    manifest: Manifest
    architecture: ArchitectureFile
    preprocessing: Preprocessing

    def content(self, name: str, limit: int = WEIGHTS_LIMIT) -> bytes:
        """Return a file's content.

        Raises:
            BundleError: if it is not there, is larger than the limit, or is not what the manifest says.
        """
        return checked_content(self.place, self.manifest, name, limit)

    def weights(self) -> dict[str, Tensor]:
        """Return the network's weights, on the CPU."""
        try:
            # From bytes that were checked: a file may change between a check and a second reading.
            return load_tensors(self.content(WEIGHTS))
        except SafetensorError as error:
            raise BundleError(f"{self.place.where}: {WEIGHTS} cannot be read: {error}") from error


def open_bundle(place: Place, sha256: str | None = None) -> OpenedBundle:
    """Read a bundle's JSON files.

    Args:
        place: where its files are.
        sha256: of bundle.json, in hexadecimal, which names those of all other files; None: any is taken.

    Raises:
        BundleError: if a file is missing or damaged, or of a later version.
    """
    content = place.read(MANIFEST, MANIFEST_LIMIT + 1)
    if len(content) > MANIFEST_LIMIT:
        raise BundleError(f"{place.where}: {MANIFEST} has more than {MANIFEST_LIMIT:,} bytes")
    if sha256 is not None and hashlib.sha256(content).hexdigest() != sha256.lower():
        raise BundleError(f"{place.where}: {MANIFEST} has not the sha256 {sha256}: it is another bundle, or damaged")
    manifest = _parsed(Manifest, content, place, MANIFEST)
    for name in REQUIRED:
        if manifest.file(name) is None:
            raise BundleError(f"{place.where}: {MANIFEST} names no {name}")
    _parsed(SignatureFile, checked_content(place, manifest, SIGNATURE, JSON_LIMIT), place, SIGNATURE)
    return OpenedBundle(
        place,
        manifest,
        _parsed(ArchitectureFile, checked_content(place, manifest, ARCHITECTURE, JSON_LIMIT), place, ARCHITECTURE),
        _parsed(Preprocessing, checked_content(place, manifest, PREPROCESSING, JSON_LIMIT), place, PREPROCESSING),
    )


def checked_content(place: Place, manifest: Manifest, name: str, limit: int) -> bytes:
    """Return a file's content if it is what the manifest says; raises BundleError if not."""
    entry = manifest.file(name)
    if entry is None:
        raise BundleError(f"{place.where}: the bundle has no {name}")
    if entry.bytes > limit:
        raise BundleError(f"{place.where}: {name} has {entry.bytes:,} bytes, more than {limit:,}")
    content = place.read(name, entry.bytes + 1)
    if len(content) != entry.bytes or hashlib.sha256(content).hexdigest() != entry.sha256:
        raise BundleError(
            f"{place.where}: {name} is damaged: it is not the {entry.bytes:,} bytes that {MANIFEST} says; fetch the "
            "bundle again, or make a new one"
        )
    return content


def _parsed(form: type[Form], content: bytes, place: Place, name: str) -> Form:
    try:
        return form.model_validate_json(content)
    except ValidationError as error:
        raise BundleError(f"{place.where}: {name} is not of the form that this version reads: {error}") from error
