"""Studies that Optuna itself has written into SQLite files."""

from __future__ import annotations

import pickle
import sqlite3
from pathlib import Path

import optuna
import pytest
from tests.support.optuna_studies import tuned

from nas_client.errors import InvalidInput
from nas_client.importing.optuna_storage import read_storage
from nas_client.importing.sources import Tool, read


def stored(url: str, name: str = "first", trials: int = 6) -> optuna.Study:
    sampler = optuna.samplers.RandomSampler(seed=0)
    study = optuna.create_study(storage=url, study_name=name, direction="maximize", sampler=sampler)
    study.optimize(tuned, n_trials=trials)
    return study


def path_of(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


def test_a_study_is_read_as_optuna_has_it(sqlite_url: str) -> None:
    study = stored(sqlite_url)
    found = read_storage(path_of(sqlite_url), None)
    assert (found.tool, found.name, found.goals) == ("optuna", "first", {"value": "maximize"})
    assert [trial.state for trial in found.trials] == ["COMPLETE"] * 2 + ["PRUNED"] + ["COMPLETE"] * 3
    for trial, known in zip(found.trials, study.trials, strict=True):
        assert trial.values == {name: str(value) for name, value in known.params.items()}
        assert trial.metrics == ({"value": known.value} if known.value is not None else {})
        assert trial.complete == (known.number != 2) and trial.index == known.number
    assert found.parameters == {
        "lr": "1e-05 to 0.1, logarithmic",
        "units": "16 to 64",
        "act": "relu, tanh, None, True, 3",
        "dropout": "0.0 to 0.5",
    }
    assert found.created.year >= 2024 and found.created <= found.ended


def test_objectives_have_the_names_and_goals_that_the_study_gave_them(sqlite_url: str) -> None:
    study = optuna.create_study(storage=sqlite_url, directions=["maximize", "minimize"])
    study.set_metric_names(["val_accuracy", "latency"])
    study.optimize(lambda trial: (trial.suggest_float("x", 0, 1), float("inf")), n_trials=1)
    found = read_storage(path_of(sqlite_url), None)
    assert found.goals == {"val_accuracy": "maximize", "latency": "minimize"}
    assert list(found.trials[0].metrics) == ["val_accuracy"], "an infinite value is none"


def test_without_names_objectives_have_those_of_optunas_data_frame(sqlite_url: str) -> None:
    optuna.create_study(storage=sqlite_url, directions=["maximize", "minimize"])
    assert read_storage(path_of(sqlite_url), None).goals == {"values_0": "maximize", "values_1": "minimize"}


def test_of_several_studies_one_has_to_be_named(sqlite_url: str) -> None:
    stored(sqlite_url, "a", trials=1)
    stored(sqlite_url, "b", trials=2)
    with pytest.raises(InvalidInput, match=r"2 of this kind: study; name one with --experiment: 'a', 'b'"):
        read_storage(path_of(sqlite_url), None)
    assert len(read_storage(path_of(sqlite_url), "b").trials) == 2
    with pytest.raises(InvalidInput, match="has no study 'c'; it has: 'a', 'b'"):
        read_storage(path_of(sqlite_url), "c")


def test_the_address_that_optuna_takes_is_one_of_a_file_too(sqlite_url: str) -> None:
    stored(sqlite_url, trials=1)
    assert read(Tool.OPTUNA, sqlite_url, None, None) == read(Tool.OPTUNA, str(path_of(sqlite_url)), None, None)


def test_the_file_is_not_written_to(sqlite_url: str) -> None:
    stored(sqlite_url, trials=1)
    before = path_of(sqlite_url).read_bytes()
    path_of(sqlite_url).chmod(0o400)
    read_storage(path_of(sqlite_url), None)
    assert path_of(sqlite_url).read_bytes() == before
    assert [one.name for one in path_of(sqlite_url).parent.iterdir()] == ["optuna.db"]


def test_another_database_and_another_distribution_are_refused(sqlite_url: str, tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE studies (study_id INTEGER)")
    with pytest.raises(InvalidInput, match=r"no database of Optuna 3 or later that can be read: no such column"):
        read_storage(other, None)
    stored(sqlite_url, trials=1)
    with sqlite3.connect(path_of(sqlite_url)) as connection:
        connection.execute("UPDATE trial_params SET distribution_json = '[]'")
    with pytest.raises(InvalidInput, match=r"the distribution '\[\]', which is none of Optuna"):
        read_storage(path_of(sqlite_url), None)


def test_numbers_of_choices_that_are_not_there_are_no_values(sqlite_url: str) -> None:
    stored(sqlite_url, trials=1)
    with sqlite3.connect(path_of(sqlite_url)) as connection:
        connection.execute("UPDATE trial_params SET param_value = 1e300")
    assert read_storage(path_of(sqlite_url), None).trials[0].values == {}


def test_a_pickled_study_is_not_read(tmp_path: Path) -> None:
    class Runs:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return Path.touch, (tmp_path / "was-run",)  # type: ignore[return-value]

    (tmp_path / "study.pkl").write_bytes(pickle.dumps(Runs()))
    with pytest.raises(InvalidInput, match=r"a pickled study is not read.*optuna\.copy_study"):
        read(Tool.OPTUNA, str(tmp_path / "study.pkl"), None, None)
    assert not (tmp_path / "was-run").exists()


def test_another_database_server_is_not_asked() -> None:
    with pytest.raises(InvalidInput, match=r"^mysql://… is no file; .*optuna\.copy_study"):
        read(Tool.OPTUNA, "mysql://me:secret@host/db", None, None)
