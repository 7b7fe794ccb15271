"""Hashes of examples: which are equal, and of all together. Made piece by piece, as the data is read.

Examples that are equal in two splits would make a network look better than it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nas_model.preprocessing.piece import Piece
from nas_trial.data.raw import Index

Fingerprints = NDArray[np.uint64]
"""(N), equal for examples whose inputs are equal. 64 bits: among a million different examples two are taken for equal
in one of 30 million data sets."""

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
MISSING_BITS = np.uint64(0x7FF8000000000000)
"""Of the one NaN that stands for all of them."""


def fingerprints(piece: Piece, categories: Sequence[Sequence[str]] = ()) -> Fingerprints:
    """Return the fingerprints of n examples; categories count by their names."""
    some = next(iter(piece.values()))
    prints = np.zeros(len(some), np.uint64)
    for name in sorted(piece):
        values = piece[name]
        if name == "categorical":
            for k, names in enumerate(categories):
                # One more at the end: a missing one is at -1.
                hashes = np.array([*(_hash(text.encode()) for text in names), 0], np.uint64)
                prints = _mixed(prints, hashes[values[:, k]])
        elif name == "numeric":
            for column in np.asarray(values, np.float64).T:
                prints = _mixed(prints, _bits(column))
        elif values.dtype == object:
            prints = _mixed(
                prints, np.array([_hash(text.encode(errors="surrogatepass")) for text in values], np.uint64)
            )
        else:
            rows = np.ascontiguousarray(values).reshape(len(values), -1)  # (n, values of an example)
            prints = _mixed(prints, np.array([_hash(row.data) for row in rows], np.uint64))
    return prints


def groups(prints: Fingerprints) -> Index:
    """Return a number for each example (N), equal for those that are equal."""
    numbers: Index = np.unique(prints, return_inverse=True)[1].reshape(-1).astype(np.int64)
    return numbers


class ContentHash:
    """The hash of all examples; however they are cut into pieces, it is the same."""

    def __init__(self, categories: Sequence[Sequence[str]] = ()) -> None:
        self._categories = categories
        self._digests: dict[str, Any] = {}

    def add(self, piece: Piece) -> None:
        """Add the examples of a piece."""
        for name, values in piece.items():
            digest = self._digests.setdefault(name, hashlib.sha256())
            if values.dtype == object:
                _update(digest, values)
            else:
                digest.update(np.ascontiguousarray(values).reshape(-1).data)

    def of(self, targets: NDArray[Any], names: Sequence[str]) -> str:
        """Return ``sha256:…`` over the examples and their targets; names are those of the classes."""
        whole = hashlib.sha256()
        for name in sorted(self._digests):
            whole.update(name.encode() + self._digests[name].digest())
        for column in (*self._categories, names):
            _update(whole, column)
        whole.update(np.ascontiguousarray(targets).reshape(-1).data)
        return f"sha256:{whole.hexdigest()}"


def _update(digest: Any, texts: Sequence[str] | NDArray[Any]) -> None:
    for text in texts:
        content = text.encode(errors="surrogatepass")
        # With its length, so that ab, c is not a, bc.
        digest.update(len(content).to_bytes(8, "little") + content)


def _hash(content: Any) -> int:
    # Not Python's hash(), which is another in every process.
    return int.from_bytes(hashlib.blake2b(content, digest_size=8).digest(), "little")


def _bits(column: NDArray[np.float64]) -> NDArray[np.uint64]:
    # + 0.0 makes -0.0 the 0.0 that it equals.
    return np.where(np.isnan(column), MISSING_BITS, (column + 0.0).view(np.uint64))


def _mixed(prints: Fingerprints, hashes: NDArray[np.uint64]) -> Fingerprints:
    """Return the prints with one more value of each example in them (the finaliser of splitmix64)."""
    x = (prints * np.uint64(31) + hashes + GOLDEN).astype(np.uint64)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))
