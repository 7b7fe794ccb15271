"""Names of classes and categories as people see them."""

from __future__ import annotations

from nas_core.table_values import BOOLEANS


def shown(name: str, booleans: bool) -> str:
    """Return a name as people see it."""
    word = name.strip()
    return word.capitalize() if booleans and word.lower() in BOOLEANS else name
