from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from tests.support.signing import verify, write_keys

from nas_trial.provenance.signing import SIGNATURE, KeyInvalid, signature_of

FILES = {"bundle.json": b"{}", "exports/model.onnx": b"content"}
PEM = serialization.Encoding.PEM


def test_who_has_the_public_key_sees_whether_a_file_was_exchanged(tmp_path: Path) -> None:
    private, public = write_keys(tmp_path)
    model = tmp_path / "model"
    for name, content in {**FILES, SIGNATURE: signature_of(FILES, private)}.items():
        (model / name).parent.mkdir(parents=True, exist_ok=True)
        (model / name).write_bytes(content)
    assert verify(model, public) == 0
    (model / "exports" / "model.onnx").write_bytes(b"exchanged")
    assert verify(model, public) != 0


def other_kind(folder: Path) -> Path:
    key = rsa.generate_private_key(65537, 2048)
    path = folder / "rsa.pem"
    path.write_bytes(key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return path


def no_key(folder: Path) -> Path:
    path = folder / "text.pem"
    path.write_text("secret words")
    return path


@pytest.mark.parametrize("make", [other_kind, no_key, lambda folder: folder / "missing.pem"])
def test_a_key_that_cannot_sign_is_named_and_not_shown(make: object, tmp_path: Path) -> None:
    with pytest.raises(KeyInvalid, match=r"\.pem cannot sign .*elliptic-curve") as error:
        signature_of(FILES, make(tmp_path))  # type: ignore[operator]
    assert "secret words" not in str(error.value)
