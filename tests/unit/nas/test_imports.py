"""`import nas` is quick: what takes time is loaded by the methods that need it."""

from __future__ import annotations

import subprocess
import sys

HEAVY = (
    "kubernetes",
    "numpy",
    "pandas",
    "pydantic",
    "torch",
    "yaml",
    "nas_client",
    "nas_core",
    "nas_model",
    "nas_search",
)


def test_importing_it_loads_the_standard_library_alone() -> None:
    program = f"import sys, nas; print(sorted(set(sys.modules) & set({HEAVY!r})))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "[]\n"
