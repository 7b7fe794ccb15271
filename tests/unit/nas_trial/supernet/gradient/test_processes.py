"""Two processes over gloo, started once for all tests."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from tests.support import gradient_processes as work
from tests.support.process_group import run_together


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What each process found."""
    return run_together(work.__name__, tmp_path_factory.mktemp("group"))


@pytest.mark.parametrize("name", [*work.SETTINGS, *work.SHARED, work.WHOLE])
def test_the_processes_search_in_step(name: str, found: list[dict[str, Any]]) -> None:
    one, other = (process[name] for process in found)

    assert one["architecture"] == other["architecture"]
    assert one["metrics"] == other["metrics"]
    differing = {key for key, value in one["tensors"].items() if not torch.equal(value, other["tensors"][key])}
    assert differing == set()
