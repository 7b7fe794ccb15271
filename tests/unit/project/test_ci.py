"""The public forge's CI, pre-commit and `.ci/run` call what the Makefile has, and nothing else."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from nas_dev.paths import REPOSITORY

WORKFLOWS = sorted(REPOSITORY.glob(".github/workflows/*.yaml"))
TARGETS = set(re.findall(r"^([a-z0-9-]+):.*## ", (REPOSITORY / "Makefile").read_text(), re.MULTILINE))


def steps(workflow: dict[str, Any]) -> list[dict[str, Any]]:
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_calls_targets_that_exist_and_may_only_read(path: Any) -> None:
    workflow = yaml.safe_load(path.read_text())
    assert workflow["permissions"] == {"contents": "read"}
    matrix = {
        name
        for job in workflow["jobs"].values()
        for name in job.get("strategy", {}).get("matrix", {}).get("target", ())
    }
    assert matrix <= TARGETS
    for step in steps(workflow):
        if command := step.get("run"):
            assert re.fullmatch(r"make (\$\{\{ matrix\.target \}\}|[a-z0-9-]+)|\.ci/run|git config .*", command), (
                command
            )


def test_ci_runs_every_test() -> None:
    assert re.findall(r"^make (.*)$", (REPOSITORY / ".ci" / "run").read_text(), re.MULTILINE) == ["test"]


def test_pre_commit_runs_the_programs_of_lint() -> None:
    lint = (REPOSITORY / "Makefile").read_text().partition("\nlint:")[2].partition("\n\n")[0]
    config = yaml.safe_load((REPOSITORY / ".pre-commit-config.yaml").read_text())
    [local] = config["repos"]
    assert local["repo"] == "local"
    for hook in local["hooks"]:
        program = (
            hook["entry"].replace(".venv/bin/python -m ", "").replace(".venv/bin/", "").removesuffix(" --force-exclude")
        )
        assert program in lint, f"make lint does not run {program}"
