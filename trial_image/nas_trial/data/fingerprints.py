"""Hashes of examples: which are the same, and of all together.

Examples that are the same in two splits would make a network look better than it is.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nas_trial.data.raw import Index

Fingerprints = NDArray[np.uint64]
"""(N, inputs): equal rows for examples whose inputs are equal. 64 bits an input: among a million different examples two
are taken for the same in one of 30 million data sets."""


def fingerprints(inputs: Mapping[str, NDArray[Any]]) -> Fingerprints:
    """Return the fingerprints of N examples."""
    filled = [values for values in inputs.values() if values.size]  # a table may have no categorical column
    return np.stack([_of_objects(each) if each.dtype == object else _of_bytes(each) for each in filled], axis=1)


def groups(prints: Fingerprints) -> Index:
    """Return a number for each example (N), equal for those that are the same."""
    # NumPy 2.0.0 returns the inverse with two dimensions, other versions with one.
    numbers: Index = np.unique(prints, axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64)
    return numbers


def content_hash(inputs: Mapping[str, NDArray[Any]], targets: NDArray[Any]) -> str:
    """Return ``sha256:…`` over all examples and their targets."""
    digest = hashlib.sha256()
    for values in (*inputs.values(), targets):
        if values.dtype == object:
            # Arrays of objects hold addresses, which differ from process to process.
            digest.update(json.dumps(values.tolist()).encode())
        else:
            digest.update(np.ascontiguousarray(values).data)
    return f"sha256:{digest.hexdigest()}"


def _of_bytes(values: NDArray[Any]) -> NDArray[np.uint64]:
    rows = np.ascontiguousarray(values).reshape(len(values), -1)  # (N, values of an example)
    hashes = b"".join(hashlib.blake2b(row.data, digest_size=8).digest() for row in rows)
    return np.frombuffer(hashes, np.uint64)


def _of_objects(values: NDArray[Any]) -> NDArray[np.uint64]:
    import pandas

    # Not Python's hash(), which is another in every process.
    hashes: NDArray[np.uint64] = pandas.util.hash_pandas_object(pandas.DataFrame(values), index=False).to_numpy()
    return hashes
