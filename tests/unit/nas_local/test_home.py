from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from nas_local.errors import LocalRunError
from nas_local.home import Home


def test_an_address_is_a_path_below_the_objects(tmp_path: Path) -> None:
    assert Home(tmp_path).path_of("s3://this-machine/a/b/") == tmp_path / "objects/a/b"


def test_a_folder_has_one_run_at_a_time(tmp_path: Path) -> None:
    home = Home(tmp_path / "new")
    program = "import sys, pathlib, nas_local.home as h\nwith h.Home(pathlib.Path(sys.argv[1])).locked(): pass"
    with home.locked():
        other = subprocess.run(
            [sys.executable, "-c", program, str(home.folder)], check=False, capture_output=True, text=True
        )
        assert "runs this search already" in other.stderr
    with home.locked():
        pass


def test_a_folder_that_cannot_be_made_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LocalRunError, match="name another folder"), Home(tmp_path / "file").locked():
        pass
