from __future__ import annotations

from pathlib import Path

import pytest

from nas_core.api.task import Dataset
from nas_trial.data import memory
from nas_trial.data.memory import container_memory, memory_limit


def test_the_search_says_how_much(tmp_path: Path) -> None:
    assert memory_limit(Dataset.model_validate({"name": "digits", "memoryLimit": "2Gi"})) == 2 << 30


def test_else_a_quarter_of_the_container(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "container_memory", lambda: 4 << 30)
    assert memory_limit(Dataset(name="digits")) == 1 << 30


def test_the_limit_of_the_container(tmp_path: Path) -> None:
    new, old = tmp_path / "memory.max", tmp_path / "memory.limit_in_bytes"
    machine = container_memory((str(new), str(old)))
    assert machine > 1 << 28, "without a limit that of the machine"
    old.write_text("123456789\n")
    assert container_memory((str(new), str(old))) == 123456789
    new.write_text("100000000\n")
    assert container_memory((str(new), str(old))) == 100_000_000
    new.write_text("max\n")
    old.write_text("9223372036854771712\n")
    assert container_memory((str(new), str(old))) == machine
