from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests.support.bundles import CASES, reported, retrained

import nas_model
from nas_core.contract import TrialResult
from nas_model.errors import InputInvalid
from nas_model.model import Model


@pytest.fixture(autouse=True)
def quick_measurements(monkeypatch: pytest.MonkeyPatch) -> None:
    """The measuring has tests of its own."""
    monkeypatch.setattr("nas_trial.measuring.measure.hardware_metrics", lambda *_: ({"parameters": 7.0}, False))


@pytest.mark.parametrize("name", CASES)
def test_on_the_test_split_it_predicts_what_the_trial_reported(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    result, folder = retrained(case, tmp_path)
    model = nas_model.load(folder)
    given, truth = case.ask(tmp_path / "data")
    random_state = torch.random.get_rng_state()
    found = model.predict(given, folder=tmp_path / "data")
    assert torch.equal(random_state, torch.random.get_rng_state())
    for metric, value in reported(found, truth).items():
        assert value == pytest.approx(result.metrics[f"test_{metric}"], rel=1e-6), metric
    assert model.metrics == result.metrics and model.classes == getattr(found.target, "names", ())
    assert len(found.columns()) and all(len(values) == len(found) for values in found.columns().values())


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> tuple[TrialResult, Path, Path]:
    directory = tmp_path_factory.mktemp("people")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("nas_trial.measuring.measure.hardware_metrics", lambda *_: ({"parameters": 7.0}, False))
        # The best epoch's weights, and an average of them.
        evaluation = {"epochs": 4, "batchSize": 16, "averageDecay": "0.9", "report": "best", "dropout": "0.1"}
        objectives = [{"metric": "val_loss", "goal": "minimize"}]
        result, folder = retrained(CASES["table"], directory, evaluation=evaluation, objectives=objectives)
    return result, folder, directory / "data"


@pytest.fixture(scope="module")
def model(people: tuple[TrialResult, Path, Path]) -> Model:
    return nas_model.load(people[1])


def test_the_weights_are_those_that_were_reported(people: tuple[TrialResult, Path, Path], model: Model) -> None:
    result, _, data = people
    given, truth = CASES["table"].ask(data)
    found = reported(model.predict(given), truth)
    assert found == pytest.approx({name: result.metrics[f"test_{name}"] for name in found}, rel=1e-6)
    assert not model.network.training and not any(each.requires_grad for each in model.network.parameters())


def test_tables_of_all_kinds_give_the_same(people: tuple[TrialResult, Path, Path], model: Model) -> None:
    pandas, arrow = pytest.importorskip("pandas"), pytest.importorskip("pyarrow")
    given, _ = CASES["table"].ask(people[2])
    right = model.predict(given).outputs
    frame = pandas.read_csv(people[2] / "test.csv")
    paths = [people[2] / "test.csv", people[2] / "test.parquet", people[2] / "test.jsonl"]
    frame.to_parquet(paths[1])
    frame.to_json(paths[2], orient="records", lines=True)
    for table in (
        *paths,
        str(paths[0]),
        frame,
        frame.astype({"city": "category"}),
        arrow.table(given),
        {"table": given},
    ):
        np.testing.assert_array_equal(model.predict(table).outputs, right)
    np.testing.assert_allclose(model.predict(given, batch_size=7).outputs, right, rtol=1e-5, atol=1e-6)


def test_what_goes_into_the_network(people: tuple[TrialResult, Path, Path], model: Model) -> None:
    given, _ = CASES["table"].ask(people[2])
    tensors = model.preprocess(given)
    assert {name: (tuple(x.shape), x.dtype) for name, x in tensors.items()} == {
        "numeric": ((30, 2), torch.float32),
        "categorical": ((30, 3), torch.int64),
    }
    with torch.inference_mode():
        np.testing.assert_array_equal(model.network(tensors), model.predict(given).outputs)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"age": [1], "city": ["Rom"]}, "the table has no column 'income', nor 'code', 'member'; it has: age, city"),
        ({"age": ["old"], "city": ["a"], "income": [1], "member": [True], "code": [1]}, "column 'age', row 0: 'old'"),
        (np.zeros((2, 5)), "columns of categories .*; give a DataFrame"),
        ({"table": 3.0}, "columns of categories|single value"),
    ],
)
def test_what_it_cannot_take_is_told(model: Model, given: Any, message: str) -> None:
    with pytest.raises(InputInvalid, match=message):
        model.predict(given)
