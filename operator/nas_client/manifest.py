"""Reads manifests as people write them: YAML files with one or several objects. Bounded in bytes and depth."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from nas_client.errors import InvalidInput

Json = dict[str, Any]
FILE_LIMIT = 4 << 20
"""Characters of a manifest that are read: the API server takes objects of at most 3 MiB."""


def read_manifest(path: Path) -> list[Json]:
    """Return the objects of a file, in their order; ``-`` is standard input.

    Raises:
        InvalidInput: if it cannot be read, or something in it is no Kubernetes object.
    """
    try:
        if str(path) == "-":
            text = sys.stdin.read(FILE_LIMIT + 1)
        else:
            with path.open(encoding="utf-8") as file:
                text = file.read(FILE_LIMIT + 1)
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    if len(text) > FILE_LIMIT:
        raise InvalidInput(f"{path} has more than {FILE_LIMIT:,} characters, which is no manifest")
    try:
        documents = [document for document in yaml.safe_load_all(text) if document is not None]
    except RecursionError:
        raise InvalidInput(f"{path} is nested too deep for a manifest") from None
    except yaml.YAMLError as error:
        raise InvalidInput(f"{path} is no YAML: {error}") from error
    for document in documents:
        if not isinstance(document, dict) or not isinstance(document.get("kind"), str):
            raise InvalidInput(f"{path}: there is something without a kind in it; write Kubernetes objects")
    if not documents:
        raise InvalidInput(f"{path} has no object in it")
    return documents


def the_only(objects: Sequence[Json], kind: str, path: Path) -> Json:
    """Return the one object of a kind.

    Raises:
        InvalidInput: if there is none, or more than one.
    """
    found = [one for one in objects if one["kind"] == kind]
    if len(found) != 1:
        raise InvalidInput(f"{path} has {len(found)} objects of kind {kind}; give a file with one")
    return found[0]
