"""`nasctl init`: the task, the target and what is odd, and a manifest that `nasctl validate` accepts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from nas_client.cli.main import main
from nas_client.validation import findings


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def written(path: str) -> dict[str, Any]:
    manifest = yaml.safe_load(Path(path).read_text())
    assert findings([manifest]) == []
    task: dict[str, Any] = manifest["spec"]["task"]
    return task


def wines(header: str = "id,acid,place,class") -> None:
    rows = [f"w{k},{k % 7}.5,here,{'red' if k % 2 else 'white'}" for k in range(60)]
    Path("My wines.csv").write_text("\n".join([header, *rows]))


def test_a_table_of_classes(capsys: pytest.CaptureFixture[str]) -> None:
    wines()
    assert main(["init", "My wines.csv", "--yes"]) == 0
    task = written("my-wines.yaml")
    assert task["type"] == "tabular-classification" and task["dataset"]["target"] == "class"
    assert task["dataset"]["volume"] == {"claimName": "data", "path": "My wines.csv"}
    said = capsys.readouterr().out
    assert "id: no value is there twice" in said and "place: every row has the same value" in said


def test_a_table_of_quantities() -> None:
    wines()
    Path("prices.tsv").write_text("size\tprice\n" + "\n".join(f"{k}\t{k * 1.5}" for k in range(50)))
    assert main(["init", "prices.tsv", "--yes", "--target", "price", "--out", "p.yaml", "--time", "2h"]) == 0
    assert written("p.yaml")["type"] == "regression"


def test_a_folder_of_images_is_a_class_each() -> None:
    for name in ("cat", "dog"):
        (Path("pets") / name).mkdir(parents=True)
        for k in range(3):
            (Path("pets") / name / f"{k}.png").touch()
    assert main(["init", "pets", "--yes"]) == 0
    assert written("pets.yaml")["type"] == "image-classification"


def test_nothing_is_overwritten() -> None:
    wines()
    Path("my-wines.yaml").write_text("mine")
    assert main(["init", "My wines.csv", "--yes"]) == 2
    assert Path("my-wines.yaml").read_text() == "mine"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--target", "grape"], "there is no such column"),
        (["--target", "place"], "has one value only"),
        (["--time", "soon"], "must be a duration"),
        (["--name", "My Wines"], "lower-case"),
        (["--task", "vision"], "must be one of"),
    ],
)
def test_a_wrong_option_is_named(options: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    wines()
    assert main(["init", "My wines.csv", "--yes", *options]) == 2
    assert said in capsys.readouterr().err


def test_what_the_manifest_says_of_columns_images_and_splits() -> None:
    rows = [f"{k % 7}.5,{'a' if k % 2 else 'b'},{'a' if k % 2 else 'b'},some words of {k},train" for k in range(60)]
    Path("t.csv").write_text("\n".join(["acid,copy,class,comment,split", *rows, "1.5,a,a,words,test"]))
    assert main(["init", "t.csv", "--target", "class", "--yes"]) == 0
    task = written("t.yaml")
    assert task["type"] == "multi-modal-classification"
    assert task["dataset"]["columns"] == {"text": "comment", "ignore": ["copy"]}
    assert "testFraction" not in task["dataset"]
