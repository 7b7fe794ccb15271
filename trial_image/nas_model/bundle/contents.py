"""Makes the files of a bundle. Pure: from what is known of a trained architecture to bytes by name."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from safetensors.torch import save
from torch import Tensor

from nas_core.api.base import ApiModel
from nas_model.bundle.format import (
    ARCHITECTURE,
    MANIFEST,
    PREPROCESSING,
    SIGNATURE,
    WEIGHTS,
    ArchitectureFile,
    BundleFile,
    InputTensor,
    Manifest,
    SignatureFile,
)
from nas_model.preprocessing.forms import ClassesForm, Preprocessing


def bundle_contents(
    manifest: Manifest,
    architecture: ArchitectureFile,
    preprocessing: Preprocessing,
    weights: Mapping[str, Tensor],
    more: Mapping[str, bytes],
) -> dict[str, bytes]:
    """Return the files of a bundle by name, in the order in which they have to be written: the manifest last.

    Args:
        manifest: all of it but the list of files.
        architecture: what the network is built from.
        preprocessing: what was fitted, with the scale of the targets by which the network was trained.
        weights: the network's, by the names of its ``state_dict``, contiguous and on the CPU.
        more: files beside those that it takes to use the network, such as the card.
    """
    contents = {**required_contents(architecture, preprocessing, weights), **more}
    return contents | {MANIFEST: manifest_content(manifest, contents)}


def required_contents(
    architecture: ArchitectureFile, preprocessing: Preprocessing, weights: Mapping[str, Tensor]
) -> dict[str, bytes]:
    """Return the files that every bundle has beside its manifest; arguments are those of :func:`bundle_contents`."""
    return {
        ARCHITECTURE: _json(architecture),
        SIGNATURE: _json(signature_file(preprocessing)),
        PREPROCESSING: preprocessing.model_dump_json(exclude_none=True, indent=1).encode(),
        WEIGHTS: save(dict(weights)),
    }


def manifest_content(manifest: Manifest, contents: Mapping[str, bytes]) -> bytes:
    """Return bundle.json with these files in its list."""
    files = [
        BundleFile(name=name, bytes=len(content), sha256=hashlib.sha256(content).hexdigest())
        for name, content in contents.items()
    ]
    return _json(manifest.model_copy(update={"files": files}))


def signature_file(preprocessing: Preprocessing) -> SignatureFile:
    """Return what signature.json says."""
    signature, target = preprocessing.signature, preprocessing.target
    inputs = []
    for name, zeros in signature.zeros().items():
        more: dict[str, object] = {}
        if name == "text" and signature.text:
            more = {"below": [signature.text.vocabulary]}
        elif name == "categorical" and signature.table:
            more = {"below": list(signature.table.categories)}
        elif name == "audio" and signature.audio:
            more = {"rate": signature.audio.rate}
        kind = str(zeros.dtype).removeprefix("torch.")
        inputs.append(InputTensor.model_validate({"name": name, "type": kind, "shape": list(zeros.shape[1:]), **more}))
    if isinstance(target, ClassesForm):
        meaning = "logits-of-labels" if target.kind == "labels" else "logits-of-classes"
        return SignatureFile(inputs=inputs, outputs=signature.outputs, meaning=meaning, classes=list(target.names))
    return SignatureFile(
        inputs=inputs,
        outputs=signature.outputs,
        meaning="numbers",
        columns=list(target.columns),
        mean=list(target.mean),
        deviation=list(target.deviation),
    )


def _json(model: ApiModel) -> bytes:
    return model.model_dump_json(by_alias=True, exclude_none=True, indent=1).encode()
