"""Studies that Optuna itself has written into journals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from tests.support.optuna_studies import tuned

from nas_client.errors import InvalidInput
from nas_client.importing.optuna_journal import read_journal


def storage(tmp_path: Path) -> JournalStorage:
    return JournalStorage(JournalFileBackend(str(tmp_path / "journal.log")))


def text(tmp_path: Path) -> str:
    return (tmp_path / "journal.log").read_text()


def study(tmp_path: Path, name: str = "first", **options: Any) -> optuna.Study:
    sampler = optuna.samplers.RandomSampler(seed=0)
    return optuna.create_study(storage=storage(tmp_path), study_name=name, sampler=sampler, **options)


def test_a_study_is_read_as_optuna_has_it(tmp_path: Path) -> None:
    known = study(tmp_path, direction="minimize")
    known.enqueue_trial({"lr": 0.01})
    known.optimize(tuned, n_trials=5)
    known.tell(known.ask(), state=optuna.trial.TrialState.FAIL)
    known.ask()
    found = read_journal(text(tmp_path), None, "journal.log")
    assert (found.name, found.goals) == ("first", {"value": "minimize"})
    assert found.trials[0].values["lr"] == "0.01"
    for trial, one in zip(found.trials, known.trials, strict=True):
        assert trial.values == {name: str(value) for name, value in one.params.items()}
        assert trial.state == one.state.name
        assert trial.metrics == ({"value": one.value} if one.value is not None else {})
    assert [trial.state for trial in found.trials][-2:] == ["FAIL", "RUNNING"]


def test_trials_that_were_added_and_names_of_metrics_are_read(tmp_path: Path) -> None:
    known = study(tmp_path, directions=["minimize", "maximize"])
    known.set_metric_names(["loss", "val_accuracy"])
    known.add_trial(
        optuna.create_trial(
            params={"x": 0.5}, distributions={"x": optuna.distributions.FloatDistribution(0, 1)}, values=[1.0, 2.0]
        )
    )
    single = study(tmp_path, "single")
    single.add_trial(optuna.create_trial(value=3.0))
    [trial] = read_journal(text(tmp_path), "first", "journal.log").trials
    assert trial.values == {"x": "0.5"} and trial.metrics == {"loss": 1.0, "val_accuracy": 2.0} and trial.complete
    [trial] = read_journal(text(tmp_path), "single", "journal.log").trials
    assert trial.metrics == {"value": 3.0}


def test_a_study_that_was_deleted_is_not_there(tmp_path: Path) -> None:
    study(tmp_path, "gone").optimize(tuned, n_trials=1)
    known = study(tmp_path, "kept")
    optuna.delete_study(study_name="gone", storage=storage(tmp_path))
    known.optimize(tuned, n_trials=1)
    found = read_journal(text(tmp_path), None, "journal.log")
    assert found.name == "kept" and [trial.values for trial in found.trials] == [
        {name: str(value) for name, value in known.trials[0].params.items()}
    ]


def test_a_line_that_was_being_written_is_left_out(tmp_path: Path) -> None:
    study(tmp_path).optimize(tuned, n_trials=1)
    whole = text(tmp_path)
    assert read_journal(whole + '{"op_code": 4, "study', None, "x") == read_journal(whole, None, "x")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("[]", "line 1, is no operation"),
        ("{", "line 1, is no JSON"),
        ('{"op_code": 4}', "line 1, is no operation of Optuna's journal .KeyError: 'study_id'"),
        ('{"op_code": 4, "study_id": "0"}', "0 is no number of a study"),
        ('{"op_code": 5, "trial_id": -1}', "-1 is no number of a study, trial or state"),
        ("[" * 100_000, "line 1, is nested too deep"),
        ('{"op_code": ' + "9" * 5000 + "}", "line 1, is no JSON"),
        ('{"op_code": 99}', "has 0 of this kind: study"),
    ],
)
def test_what_is_no_journal_is_refused(line: str, why: str) -> None:
    with pytest.raises(InvalidInput, match=why):
        read_journal(line + "\n", None, "a.log")


@pytest.mark.parametrize(
    "changed",
    [
        {"values": [float("nan")]},
        {"values": ["x"]},
        {"values": [1e308]},
        {"values": {"a": 1}},
        {"values": [[1.0]]},
        {"values": [True]},
    ],
)
def test_values_that_are_no_numbers_are_none(tmp_path: Path, changed: dict[str, Any]) -> None:
    known = study(tmp_path)
    known.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=1)
    lines = [json.loads(line) for line in text(tmp_path).splitlines()]
    lines[-1] |= changed
    found = read_journal("".join(json.dumps(line) + "\n" for line in lines), None, "x")
    assert found.trials[0].metrics == {}
