"""The signature of a model by a key: model-signing's format, a Sigstore bundle over the hashes of all files.

Who uses the model checks it with the public key: ``model_signing verify key FOLDER --signature FOLDER/model.sig
--public_key KEY.pub``. Reference: github.com/sigstore/model-transparency.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

SIGNATURE = "model.sig"


class KeyInvalid(Exception):
    """The key cannot sign; the message says why, never what is in it."""


def signature_of(files: Mapping[str, bytes], key: Path) -> bytes:
    """Return the signature file of these files.

    Args:
        files: by name: all of the model but this file.
        key: PEM file of an elliptic-curve private key without a password.

    Raises:
        KeyInvalid: if it cannot be read, or is of another kind.
    """
    from model_signing import signing  # takes a second, and few charts have a key

    with tempfile.TemporaryDirectory(prefix="nas-signing-") as folder:
        model, signature = Path(folder) / "model", Path(folder) / SIGNATURE
        for name, content in files.items():
            path = model / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        try:
            config = signing.Config()  # type: ignore[no-untyped-call]
            signer = config.use_elliptic_key_signer(private_key=key)
        except (OSError, ValueError, TypeError, AttributeError) as error:  # the last of other kinds of keys
            raise KeyInvalid(
                f"the key {key.name} cannot sign ({type(error).__name__}): it has to be a PEM file of an "
                "elliptic-curve private key without a password, as openssl genpkey -algorithm EC -pkeyopt "
                "ec_paramgen_curve:P-256 makes it"
            ) from error
        signer.sign(model, signature)
        return signature.read_bytes()
