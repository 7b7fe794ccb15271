from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from nas import Search
from nas import search as module
from nas.errors import ClientError, InvalidInput
from nas_core.api.strategy import Objective
from nas_dev.paths import REPOSITORY

TASK = {"dataset": {"name": "digits"}}


def test_the_manifest_has_what_was_given_and_no_more() -> None:
    search = Search("mine", task=TASK, search_space={"name": "nasnet"}, budget={"maxTrials": 3}, namespace="team")
    assert search.manifest() == {
        "apiVersion": "nas-operator.io/v1alpha1",
        "kind": "NASSearch",
        "metadata": {"name": "mine", "namespace": "team"},
        "spec": {"task": TASK, "searchSpace": {"name": "nasnet"}, "budget": {"maxTrials": 3}},
    }
    assert yaml.safe_load(search.to_yaml()) == search.manifest()


def test_of_a_model_only_what_was_set_is_asked_for() -> None:
    search = Search("mine", task=TASK, objectives=[Objective(metric="val_f1")])
    assert search.spec["objectives"] == [{"metric": "val_f1"}]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"objectives": [{"metric": "val_acuracy"}]}, "did you mean val_accuracy"),
        ({"budget": {"maxTrials": 0}}, "spec.budget.maxTrials: "),
        ({"strategy": {"random": {}, "bayesian": {}}}, "spec.strategy"),
        ({"task": {"dataset": {}}}, "spec.task.dataset"),
        ({"budget": {"maxTrails": 3}}, "spec.budget.maxTrails: there is no such field; did you mean maxTrials"),
        ({"budget": {"max_trials": 3}}, "spec.budget.max_trials: there is no such field; did you mean maxTrials"),
    ],
)
def test_a_mistake_is_told_in_the_words_of_the_api(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput, match="spec") as told:
        Search("mine", **({"task": TASK} | fields))
    assert said in str(told.value)


@pytest.mark.parametrize("path", sorted((REPOSITORY / "examples").glob("*.yaml")), ids=lambda path: path.stem)
def test_manifests_are_read_as_they_are(path: Path) -> None:
    found = next(one for one in yaml.safe_load_all(path.read_text()) if one["kind"] == "NASSearch")
    search = Search.from_manifest(path)
    assert (search.name, search.spec) == (found["metadata"]["name"], found["spec"])


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        (
            {"spec": {"task": TASK, "bugdet": {}}, "metadata": {"name": "x"}},
            "spec.bugdet: there is no such field; did you mean budget",
        ),
        ({"spec": {"task": TASK}, "metadata": {}}, "needs metadata.name and spec.task"),
        ({"metadata": {"name": "x"}}, "needs metadata.name and spec.task"),
    ],
)
def test_a_manifest_that_is_wrong_says_where(manifest: dict[str, Any], said: str, tmp_path: Path) -> None:
    (tmp_path / "search.yaml").write_text(yaml.safe_dump({"kind": "NASSearch"} | manifest))
    with pytest.raises(InvalidInput) as told:
        Search.from_manifest(tmp_path / "search.yaml")
    assert said in str(told.value)


def test_a_run_is_given_its_options_and_what_keeps_it_from_beginning_is_raised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []

    def refused(arguments: list[str]) -> str:
        asked.append(arguments)
        assert yaml.safe_load(Path(arguments[0]).read_text())["metadata"]["name"] == "mine"
        return f"{arguments[0]}: spec.task: cannot be run here"

    monkeypatch.setattr(module, "_run", refused)
    with pytest.raises(InvalidInput, match=r"search 'mine': spec.task: cannot be run here"):
        Search("mine", task=TASK).run(tmp_path / "home", parallel=3, gpus=1, data={"claim": tmp_path})
    options = ["--dir", str(tmp_path / "home"), "--gpus", "1", "--parallel", "3", f"--data=claim={tmp_path}"]
    assert asked[0][1:] == options


def test_a_run_that_breaks_is_told_with_what_it_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho killed by somebody >&2\nexit 7\n")
    broken.chmod(0o755)
    monkeypatch.setattr("nas.search.sys.executable", str(broken))
    with pytest.raises(ClientError, match=r"ended with exit code 7: killed by somebody"):
        module._run([])
