"""Keys that sign models, and the program that a user checks a signature with."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

PEM = serialization.Encoding.PEM


def write_keys(folder: Path) -> tuple[Path, Path]:
    """Write a private and a public key."""
    key = ec.generate_private_key(ec.SECP256R1())
    private, public = folder / "key.pem", folder / "key.pub"
    private.write_bytes(key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    public.write_bytes(key.public_key().public_bytes(PEM, serialization.PublicFormat.SubjectPublicKeyInfo))
    return private, public


def verify(folder: Path, public: Path) -> int:
    """Check a model's signature as docs/exports.md says; return the exit code."""
    argv = ["verify", "key", folder, "--signature", folder / "model.sig", "--public_key", public]
    return subprocess.run([sys.executable, "-m", "model_signing", *map(str, argv)], capture_output=True).returncode
