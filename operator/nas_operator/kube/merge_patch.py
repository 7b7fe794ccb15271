"""JSON merge patch (RFC 7386): the smallest patch from one status to another, so that no-ops are never written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def merge_patch(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Return the patch from ``old`` to ``new``: empty when they are equal, null for what is gone."""
    patch: dict[str, Any] = {key: None for key in old if key not in new}
    for key, value in new.items():
        before = old.get(key)
        if isinstance(value, Mapping) and isinstance(before, Mapping):
            if inner := merge_patch(before, value):
                patch[key] = inner
        # A list counts as one value: a merge patch cannot change a part of it.
        elif key not in old or value != before:
            patch[key] = value
    return patch
