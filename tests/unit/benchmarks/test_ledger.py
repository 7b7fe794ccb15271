from __future__ import annotations

from pathlib import Path

from benchmarks.ledger import Ledger


def test_a_part_is_made_once_for_the_same_settings(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "kept.jsonl"
    assert Ledger(path, "these").once("a", lambda: {"n": 1}) == {"n": 1}
    assert Ledger(path, "these").once("a", lambda: {"n": 2}) == {"n": 1}
    assert Ledger(path, "others").once("a", lambda: {"n": 3}) == {"n": 3}
    assert Ledger(path, "these").once("b", lambda: {"n": 4}) == {"n": 4}
