from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import optuna
import pytest
import yaml
from tests.support.optuna_studies import tuned

from nas_client.cli import import_results
from nas_client.cli.main import main
from nas_core.api.storage import BucketAddress
from nas_core.records.knowledge import read_entry

Json = dict[str, Any]
Run = Callable[..., tuple[int, str, str]]

MANIFEST: Json = {
    "apiVersion": "nas-operator.io/v1alpha1",
    "kind": "NASSearch",
    "metadata": {"name": "tuned", "namespace": "team"},
    "spec": {
        "task": {"type": "image-classification", "dataset": {"name": "digits"}},
        "searchSpace": {
            "decisions": [
                {"name": "units", "integer": {"min": 16, "max": 64}},
                {"name": "act", "choice": ["relu", "tanh", "None", "true", "3"]},
            ]
        },
        "hyperparameters": [{"name": "learningRate", "real": {"min": "0.00001", "max": "0.1", "log": True}}],
        "objectives": [{"metric": "val_accuracy"}],
        "storage": {"bucket": "nas", "prefix": "a", "endpoint": "http://host:1"},
    },
}
NAMED = ("--rename", "lr=hp.learningRate", "--metric", "value=val_accuracy")


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    sampler = optuna.samplers.RandomSampler(seed=0)
    url = f"sqlite:///{tmp_path}/a.db"
    study = optuna.create_study(storage=url, study_name="First", direction="maximize", sampler=sampler)
    study.optimize(tuned, n_trials=8)
    (tmp_path / "search.yaml").write_text(yaml.safe_dump(MANIFEST))

    def call(*arguments: str) -> tuple[int, str, str]:
        code = main(["import", "optuna", url, "--for", str(tmp_path / "search.yaml"), *arguments])
        return code, *capsys.readouterr()

    return call


def test_without_names_it_says_what_does_not_fit_and_how_to_say_it(run: Run) -> None:
    code, told, trouble = run()
    assert code == 1
    assert told.splitlines()[0] == "optuna 'First': 8 trials, 7 complete"
    row = next(line for line in told.splitlines() if line.startswith("hp.learningRate"))
    assert row.rstrip().endswith("no such parameter: --rename EARLIER=hp.learningRate or --set hp.learningRate=VALUE")
    assert "objective val_accuracy is not measured there: --metric EARLIER=val_accuracy, of value" in told
    assert "not decisions here: lr, dropout" in told
    assert "left out: 1, not complete (PRUNED)" in told
    assert "0 of 8 trials can be used" in told
    assert trouble == "0 results can be used, and 5 are the least that a search begins with\n"


def test_with_names_it_says_what_can_be_used_and_writes_nothing(run: Run, tmp_path: Path) -> None:
    before = sorted(tmp_path.iterdir())
    code, told, trouble = run(*NAMED)
    assert (code, trouble) == (0, "") and "7 of 8 trials can be used" in told
    assert "objective val_accuracy is value" in told
    assert sorted(tmp_path.iterdir()) == before


def test_for_programs_it_is_json(run: Run) -> None:
    code, told, _ = run("-o", "json", *NAMED)
    found = json.loads(told)
    assert code == 0 and (found["trials"], found["usable"]) == (8, 7)
    known = {"allowed": "a whole number from 16 to 64", "from": "units", "there": "16 to 64", "fit": 7, "doNotFit": {}}
    assert found["decisions"][0] == {"name": "units", **known}


def test_it_is_kept_below_a_folder(run: Run, tmp_path: Path) -> None:
    options = (*NAMED, "--as", "mine")
    for _ in range(2):
        code, told, _ = run(*options, "--to", str(tmp_path / "kept"))
    [path] = [one for one in (tmp_path / "kept").rglob("*") if one.is_file()]
    assert code == 0 and told.endswith(f"7 results are kept in {path}: warmStart: {{imported: [mine]}}\n")
    assert path == tmp_path / "kept/objects/team/knowledge_base/imported/mine.json"
    entry = read_entry(path.read_bytes())
    assert entry.search == "mine" and set(entry.results[0].values) == {"units", "act", "learningRate"}


def test_it_is_kept_in_the_bucket_of_the_manifest(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: dict[str, bytes] = {}
    addresses: list[BucketAddress] = []

    class Bucket:
        def put(self, key: str, content: bytes) -> None:
            kept[key] = content

    def open_bucket(address: BucketAddress) -> Bucket:
        addresses.append(address)
        return Bucket()

    monkeypatch.setattr(import_results, "open_bucket", open_bucket)
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://elsewhere:2")
    code, told, _ = run(*NAMED, "--write")
    [key] = kept
    assert code == 0 and f"are kept in s3://nas/{key}: warmStart: {{imported: [first]}}" in told
    assert key == "a/team/knowledge_base/imported/first.json" and read_entry(kept[key]).origin == "optuna"
    assert addresses[0].endpoint == "http://elsewhere:2"


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"searchSpace": {"name": "none"}}, "spec.searchSpace.name"),
        ({"searchSpace": {"ref": {"name": "shared"}}}, "there is no NASSearchSpace 'shared'"),
        ({"storage": None}, "--write needs the spec.storage of the manifest"),
    ],
)
def test_a_manifest_that_cannot_be_used_is_refused(run: Run, tmp_path: Path, changed: Json, why: str) -> None:
    (tmp_path / "search.yaml").write_text(yaml.safe_dump(MANIFEST | {"spec": MANIFEST["spec"] | changed}))
    code, _, trouble = run("--write", *NAMED)
    assert code == 2 and why in trouble


def test_a_shared_space_is_taken_from_the_same_file(run: Run, tmp_path: Path) -> None:
    space = {"apiVersion": MANIFEST["apiVersion"], "kind": "NASSearchSpace", "metadata": {"name": "shared"}}
    spec = MANIFEST["spec"] | {"searchSpace": {"ref": {"name": "shared"}}}
    objects = [space | {"spec": MANIFEST["spec"]["searchSpace"]}, MANIFEST | {"spec": spec}]
    objects[0]["metadata"]["namespace"] = "team"
    (tmp_path / "search.yaml").write_text(yaml.safe_dump_all(objects))
    assert run(*NAMED)[0] == 0
