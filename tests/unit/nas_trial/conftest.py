from __future__ import annotations

from pathlib import Path

import pytest
import torch

from nas_storage.directory_store import DirectoryStore


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    return DirectoryStore(tmp_path / "objects")
