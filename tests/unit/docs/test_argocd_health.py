"""Argo CD's health script, run by Lua as Argo CD runs it: with the resource in the global ``obj``."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[3] / "docs" / "argocd" / "health.lua"
LUA = shutil.which("lua5.4") or shutil.which("lua")

pytestmark = pytest.mark.skipif(LUA is None, reason="Lua is not installed: apt-get install lua5.4")


def lua(value: Any) -> str:
    """Write a value of Python as one of Lua."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {lua(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "{" + ", ".join(lua(item) for item in value) + "}"
    return f'"{value}"' if isinstance(value, str) else str(value)


def health(status: dict[str, Any] | None, generation: int = 1) -> str:
    resource = {"metadata": {"generation": generation}} | ({"status": status} if status is not None else {})
    program = f"obj = {lua(resource)}\nlocal h = dofile('{SCRIPT}')\nprint(h.status .. '|' .. (h.message or ''))"
    return subprocess.run([str(LUA), "-"], input=program, capture_output=True, text=True, check=True).stdout.strip()


def conditions(**statuses: str) -> dict[str, Any]:
    listed = [{"type": kind, "status": value, "reason": "Why", "message": kind} for kind, value in statuses.items()]
    return {"observedGeneration": 1, "conditions": listed}


@pytest.mark.parametrize(
    ("statuses", "shown"),
    [
        ({"Accepted": "True", "Progressing": "True", "Succeeded": "False"}, "Progressing|Progressing"),
        ({"Accepted": "False", "Progressing": "False"}, "Degraded|Why: Accepted"),
        ({"Accepted": "True", "StorageReady": "False", "Progressing": "True"}, "Degraded|Why: StorageReady"),
        ({"Progressing": "False", "Failed": "True", "Succeeded": "False"}, "Degraded|Why: Failed"),
        ({"Progressing": "False", "Suspended": "True", "Succeeded": "False"}, "Suspended|Suspended"),
        ({"Progressing": "False", "Failed": "False", "Succeeded": "True"}, "Healthy|Succeeded"),
    ],
)
def test_conditions_give_the_health(statuses: dict[str, str], shown: str) -> None:
    assert health(conditions(**statuses)) == shown


def test_what_the_operator_has_not_seen_is_progressing() -> None:
    assert health(None).startswith("Progressing|")
    assert health(conditions(Succeeded="True"), generation=2).startswith("Progressing|")
