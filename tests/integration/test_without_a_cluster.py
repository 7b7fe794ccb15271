"""What README and docs/without-a-cluster.md tell somebody to type who just wants to see it."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from sklearn.datasets import load_digits

from nas_client.cli.main import main as nasctl
from nas_dev.paths import REPOSITORY

PAGES = ("README.md", "docs/without-a-cluster.md")


def commands(page: str) -> list[list[str]]:
    """Return the commands of nasctl that a page shows."""
    blocks = re.findall(r"^```(?:ba)?sh\n(.*?)^```$", (REPOSITORY / page).read_text(), re.MULTILINE | re.DOTALL)
    lines = [shlex.split(line, comments=True) for block in blocks for line in block.splitlines()]
    return [line[1:] for line in lines if line[:1] == ["nasctl"]]


@pytest.mark.timeout(400)
def test_the_first_command_ends_in_a_model_that_is_loaded_as_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(REPOSITORY)
    readme, *others = ([one for one in commands(page) if one[0] == "run"] for page in PAGES)
    [command] = readme
    assert all(command in other for other in others), "the pages show one and the same"
    assert nasctl(command) == 0
    printed = capfd.readouterr().out
    assert f"everything is in {tmp_path}/nas/default/digits" in printed
    [line] = [line for line in printed.splitlines() if line.startswith("use it: ")]
    python, option, program = shlex.split(line.removeprefix("use it: "))
    assert (python, option) == ("python", "-c")
    shown = subprocess.run([sys.executable, option, program], check=True, capture_output=True, text=True).stdout
    assert "image" in shown

    # And it knows the digits: it was trained on most of these.
    [bundle] = (tmp_path / "nas" / "default" / "digits").rglob("bundle.json")
    import nas_model

    digits = load_digits()
    found = nas_model.load(bundle.parent).predict((digits.images * (255 / 16)).astype("uint8")).labels
    right = sum(one == str(other) for one, other in zip(found, digits.target, strict=True)) / len(found)
    assert right > 0.7

    # A second time: there is nothing left to do.
    assert nasctl(command) == 0
    assert nasctl(["best", str(tmp_path / "nas" / "default" / "digits")]) == 0
