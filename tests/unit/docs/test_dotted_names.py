"""Every dotted name of ours in backticks, in sources and in documentation, exists."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
ROOMS = ("operator", "trial_image", "dev", "tests", "docs", "examples", "benchmarks")
FILES = [
    *ROOT.glob("*.md"),
    *(path for room in ROOMS for end in ("py", "md") for path in (ROOT / room).rglob(f"*.{end}")),
]
NAME = re.compile(r"`[~.]?(nas_[a-z]+(?:\.\w+)+)(?:\(\))?`")


def exists(name: str) -> bool:
    """Whether a name is a module's, or that of something in a module, such as a class or its method."""
    module, _, rest = name.partition(".")
    found = importlib.import_module(module)
    for part in rest.split("."):
        try:
            found = importlib.import_module(f"{found.__name__}.{part}")
        except (AttributeError, ModuleNotFoundError):
            if not hasattr(found, part):
                return False
            found = getattr(found, part)
    return True


def test_dotted_names_lead_somewhere() -> None:
    named = {(name, path.relative_to(ROOT)) for path in FILES for name in NAME.findall(path.read_text())}
    assert len(named) > 30
    assert not {f"{path}: {name}" for name, path in named if not exists(name)}


@pytest.mark.parametrize(
    ("name", "there"),
    [
        ("nas_core.reasons", True),
        ("nas_core.reasons.StorageReason", True),
        ("nas_core.reasons.StorageReason.STORAGE_ERROR", True),
        ("nas_core.reason", False),
        ("nas_model.networks.BUILDERS", False),
    ],
)
def test_names_are_looked_up(name: str, there: bool) -> None:
    assert exists(name) == there
