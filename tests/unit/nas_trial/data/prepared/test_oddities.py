from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from nas_trial.data.prepared import oddities
from nas_trial.data.prepared.oddities import giveaways
from nas_trial.data.prepared.spool import spool
from nas_trial.data.raw import in_memory, table


def test_columns_of_a_wide_table_are_looked_at_in_bounded_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    x = np.random.default_rng(0).normal(size=(4000, 500))
    x[:, 7] = np.arange(4000)
    y = np.repeat([0, 1], 2000)
    read = spool(in_memory(table(x), y, "here"), tmp_path / "spool.arrow", lambda rows: None)
    monkeypatch.setattr(oddities, "LOOKED_AT_BYTES", 1 << 20)
    tracemalloc.start()
    found = giveaways(read, y, np.arange(4000), ("a", "b"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [warning.split(" alone")[0] for warning in found] == ["here: column 7"]
    assert peak < 4 << 20 < x.nbytes


def test_a_table_without_numbers_gives_nothing_away(tmp_path: Path) -> None:
    data = in_memory(table(np.zeros((80, 0))) | {"categorical": np.zeros((80, 1), np.int32)}, np.zeros(80), "here")
    read = spool(data, tmp_path / "spool.arrow", lambda rows: None)
    assert giveaways(read, np.arange(80) % 2, np.arange(80), ("a", "b")) == []
