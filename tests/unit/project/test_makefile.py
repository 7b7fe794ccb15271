"""`make help` tells all that make can do; what it runs keeps what Python has compiled."""

from __future__ import annotations

import os
import re
import subprocess

from nas_dev.paths import REPOSITORY

MAKEFILE = (REPOSITORY / "Makefile").read_text()
HELPED = set(re.findall(r"^([a-z0-9-]+):.*## ", MAKEFILE, re.MULTILINE))


def test_every_target_is_in_the_help() -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):(?!=)", MAKEFILE, re.MULTILINE))
    assert targets == HELPED
    phony = {name for line in re.findall(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE) for name in line.split()}
    assert phony <= HELPED


def test_every_measurement_has_a_target_and_the_other_way_round() -> None:
    folders = {path.parent.name for path in REPOSITORY.glob("benchmarks/*/__main__.py")}
    targets = {name.removeprefix("bench-").replace("-", "_") for name in HELPED if name.startswith("bench-")}
    assert targets == folders | {"operator_scale", "operator_large", "operator_many"}


def test_what_it_runs_keeps_what_python_has_compiled() -> None:
    command = ["make", "--silent", "--file=Makefile", "--eval=environment: ; @env", "environment"]
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1", "SEEN": "yes"}
    shown = subprocess.run(command, cwd=REPOSITORY, env=environment, check=True, capture_output=True, text=True).stdout

    names = {line.partition("=")[0] for line in shown.splitlines()}
    assert "SEEN" in names and "PYTHONDONTWRITEBYTECODE" not in names
