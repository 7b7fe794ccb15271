from __future__ import annotations

import builtins
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from tests.unit.nas_benchmark.test_summary import JUDGE, LONG

from nas_benchmark.plots import draw


def test_each_measure_is_drawn(tmp_path: Path) -> None:
    files = draw(tmp_path, {"one": JUDGE.curves(LONG)}, {"one": LONG})
    assert [file.name for file in files] == ["regret.svg", "ask_ms.svg"]
    assert all("<svg" in file.read_text() for file in files)


def test_without_matplotlib_nothing_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> ModuleType:
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    assert draw(tmp_path, {"one": JUDGE.curves(LONG)}, {"one": LONG}) == []
