from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import pytest

from nas_trial.data.scratch import Scratch, room_for
from nas_trial.errors import DatasetInvalid

FULL = Path("/dev/full")
"""Linux's disk without room."""


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    told = f"here: there is no room for it on the disk of {tmp_path}; give the trials more"
    with pytest.raises(DatasetInvalid, match=told), room_for("here", tmp_path):
        FULL.write_bytes(b"x")
    with pytest.raises(FileNotFoundError), room_for("here", tmp_path):
        (tmp_path / "none").read_bytes()


def test_a_file_is_written_once_and_removed_if_it_cannot_be() -> None:
    scratch = Scratch()
    path = scratch.file("a", lambda file: file.writelines([b"x"]))
    assert scratch.file("a", lambda file: file.writelines([b"y"])) == path and path.read_bytes() == b"x"

    def fill(file: BinaryIO) -> None:
        FULL.write_bytes(b"x")

    with pytest.raises(DatasetInvalid, match="b: there is no room"):
        scratch.file("b", fill)
    assert list(scratch.directory.iterdir()) == [path]
