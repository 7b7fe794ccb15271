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
    return objects_in(read_text(path), path)


def read_text(path: Path) -> str:
    """Return the text of a file; ``-`` is standard input.

    Raises:
        InvalidInput: if it cannot be read, or is too long for a manifest.
    """
    try:
        text = read_at_most(path, FILE_LIMIT)
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    if text is None:
        raise InvalidInput(f"{path} has more than {FILE_LIMIT:,} characters, which is no manifest")
    return text


def read_at_most(path: Path, limit: int) -> str | None:
    """Return the text of a file, or of standard input for ``-``; None if it has more characters than ``limit``.

    Raises:
        OSError, UnicodeDecodeError: if it cannot be read.
    """
    if str(path) == "-":
        text = sys.stdin.read(limit + 1)
    else:
        with path.open(encoding="utf-8") as file:
            text = file.read(limit + 1)
    return text if len(text) <= limit else None


def objects_in(text: str, path: Path) -> list[Json]:
    """Return the objects of a manifest; ``path`` is for messages.

    Raises:
        InvalidInput: if something in it is no Kubernetes object.
    """
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


def line_of(text: str, place: int, path: Sequence[str | int]) -> int:
    """Return the line, from 1, of a field of an object of a manifest that has been read; of its parent if it is absent.

    Args:
        text: the manifest.
        place: which object, from 0, as `objects_in` counts them.
        path: the names and list places that lead to the field.
    """
    roots = [root for root in yaml.compose_all(text, Loader=yaml.SafeLoader) if root.value]
    node: yaml.Node = roots[place]
    line = node.start_mark.line
    for part in path:
        if isinstance(node, yaml.MappingNode):
            found = next(((key, value) for key, value in node.value if key.value == part), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            found = node.value[part], node.value[part]
        else:
            break
        if found is None:
            break
        line, node = found[0].start_mark.line, found[1]
    return line + 1


def as_stored(manifest: Json, namespace: str) -> Json:
    """Return the spec of an object with metadata as a server stores it; ``namespace`` where it names none."""
    given = manifest.get("metadata")
    given = given if isinstance(given, dict) else {}
    metadata = {"name": str(given.get("name", "")), "namespace": str(given.get("namespace") or namespace)}
    metadata |= {"uid": "", "resourceVersion": "0", "creationTimestamp": "1970-01-01T00:00:00Z"}
    return {"metadata": metadata, "spec": manifest.get("spec") or {}}


def the_only(objects: Sequence[Json], kind: str, path: Path) -> Json:
    """Return the one object of a kind.

    Raises:
        InvalidInput: if there is none, or more than one.
    """
    found = [one for one in objects if one["kind"] == kind]
    if len(found) != 1:
        raise InvalidInput(f"{path} has {len(found)} objects of kind {kind}; give a file with one")
    return found[0]
