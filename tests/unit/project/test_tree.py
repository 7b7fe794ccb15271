"""What is committed at the top of the tree: no leftovers of programs that ran there."""

from __future__ import annotations

import subprocess

import pytest

from nas_dev.paths import REPOSITORY

HIDDEN = {".ci", ".dockerignore", ".github", ".gitignore", ".pre-commit-config.yaml"}


@pytest.mark.skipif(not (REPOSITORY / ".git").exists(), reason="no checkout of Git")
def test_what_is_hidden_is_known() -> None:
    """kubectl keeps a cache of a server's answers in .kube; once it was committed."""
    listed = subprocess.run(["git", "ls-files"], cwd=REPOSITORY, check=True, capture_output=True, text=True).stdout
    tops = {path.partition("/")[0] for path in listed.splitlines()}
    assert {top for top in tops if top.startswith(".")} == HIDDEN
