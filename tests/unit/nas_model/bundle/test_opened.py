from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest
import torch
from tests.support.small_bundle import write_bundle

import nas_model
from nas_model.bundle.format import MANIFEST, REQUIRED
from nas_model.errors import BundleError


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return write_bundle(tmp_path / "bundle")


@pytest.mark.parametrize("name", REQUIRED)
@pytest.mark.parametrize("harm", ["changed", "cut", "longer", "missing"])
def test_a_damaged_file_is_refused_by_its_name(bundle: Path, name: str, harm: str) -> None:
    file = bundle / name
    content = file.read_bytes()
    match harm:
        case "changed":
            file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        case "cut":
            file.write_bytes(content[:-1])
        case "longer":
            file.write_bytes(content + b" ")
        case "missing":
            file.unlink()
    with pytest.raises(BundleError, match=f"{name} (is damaged|cannot be read)"):
        nas_model.load(bundle)


def test_the_manifest_can_be_pinned(bundle: Path) -> None:
    digest = hashlib.sha256((bundle / MANIFEST).read_bytes()).hexdigest()
    assert nas_model.load(bundle, sha256=digest.upper()).classes == ("no", "yes")
    with pytest.raises(BundleError, match=f"bundle.json has not the sha256 {digest[::-1]}"):
        nas_model.load(bundle, sha256=digest[::-1])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schemaVersion": 2}, "bundle.json is not of the form that this version reads"),
        ({"files": []}, "bundle.json names no architecture.json"),
        ({"files": [{"name": "../secret", "bytes": 1, "sha256": "0" * 64}]}, "bundle.json is not of the form"),
    ],
)
def test_a_manifest_of_another_form_is_refused(bundle: Path, change: dict[str, object], message: str) -> None:
    manifest = json.loads((bundle / MANIFEST).read_text())
    (bundle / MANIFEST).write_text(json.dumps(manifest | change))
    with pytest.raises(BundleError, match=message):
        nas_model.load(bundle)


def test_fields_of_a_later_version_are_ignored(bundle: Path) -> None:
    manifest = json.loads((bundle / MANIFEST).read_text())
    (bundle / MANIFEST).write_text(json.dumps(manifest | {"later": 1}))
    assert nas_model.load(bundle).manifest.task == "tabular-classification"


def test_weights_of_another_architecture_do_not_fit(tmp_path: Path) -> None:
    weights = {"wrong": torch.zeros(2)}
    with pytest.raises(BundleError, match="architecture and weights do not fit"):
        nas_model.load(write_bundle(tmp_path / "b", weights=weights))


def test_a_folder_without_a_bundle_is_told(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"bundle.json cannot be read: No such file"):
        nas_model.load(tmp_path)
    with pytest.raises(BundleError, match="there is no such folder or file"):
        nas_model.load(tmp_path / "nothing")


def test_a_bundle_goes_where_it_is_copied(bundle: Path, tmp_path: Path) -> None:
    shutil.copytree(bundle, tmp_path / "elsewhere")
    assert nas_model.load(tmp_path / "elsewhere").metrics == {"test_accuracy": 0.5}
