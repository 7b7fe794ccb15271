from __future__ import annotations

import pytest
from pydantic import ValidationError

from nas_model.bundle.format import BundleFile


@pytest.mark.parametrize("name", ["card.md", "exports/model.onnx", "weights.safetensors"])
def test_names_of_files(name: str) -> None:
    assert BundleFile(name=name, bytes=1, sha256="0" * 64).name == name


@pytest.mark.parametrize("name", ["../a", "/a", "a/../b", "a/b/c", ".hidden", "", "a\n"])
def test_names_that_would_lead_out_of_the_bundle(name: str) -> None:
    with pytest.raises(ValidationError):
        BundleFile(name=name, bytes=1, sha256="0" * 64)
