from __future__ import annotations

import pytest

from nas_core.data_files import hidden


@pytest.mark.parametrize(
    "name", [".a.csv", "a/._1.png", ".ipynb_checkpoints/1.png", "__MACOSX/a/1.png", "a/Thumbs.db", "Desktop.ini"]
)
def test_what_systems_and_editors_leave_behind(name: str) -> None:
    assert hidden(name) and not hidden("a/" + name.replace(".", "x").replace("_", "x"))
