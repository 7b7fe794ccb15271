"""Reads a study of Optuna from its SQLite storage, with nothing of Optuna: the tables of Optuna 3 to 5."""

from __future__ import annotations

import json
from pathlib import Path

from nas_client.importing.experiment import MOST_TRIALS, EarlierExperiment, moment, refuse_too_many, the_one
from nas_client.importing.optuna_study import METRIC_NAMES, StoredTrial, experiment, goal
from nas_client.importing.sqlite_file import SqliteFile, opened

TOOL = "Optuna 3 or later"
_MOST_ROWS = 20 * MOST_TRIALS
"""Rows of parameters or values."""


def read_storage(path: Path, wanted: str | None) -> EarlierExperiment:
    """Return a study; ``wanted`` is its name, which may be left out where there is one.

    Raises:
        InvalidInput: if it is not there, or the file is no storage of Optuna.
    """
    with opened(path, TOOL) as file:
        studies = {str(name): key for key, name in file.rows("SELECT study_id, study_name FROM studies", most=1000)}
        name = the_one(studies, wanted, "study", str(path))
        study = studies[name]
        directions = file.rows(
            "SELECT direction FROM study_directions WHERE study_id = ? ORDER BY objective", [study], most=64
        )
        goals = [goal(direction) for (direction,) in directions]
        trials = _trials(file, study, path)
        return experiment(name, goals, _metric_names(file, study), trials)


def _metric_names(file: SqliteFile, study: object) -> object:
    query = "SELECT value_json FROM study_system_attributes WHERE study_id = ? AND key = ?"
    for (raw,) in file.rows(query, [study, METRIC_NAMES], most=1):
        try:
            return json.loads(raw) if isinstance(raw, str) else None
        except (ValueError, RecursionError):
            return None
    return None


def _trials(file: SqliteFile, study: object, path: Path) -> list[StoredTrial]:
    found: dict[object, StoredTrial] = {}
    query = "SELECT trial_id, state, datetime_start, datetime_complete FROM trials WHERE study_id = ? ORDER BY trial_id"
    for key, state, started, ended in file.rows(query, [study], most=MOST_TRIALS + 1):
        found[key] = StoredTrial(len(found), str(state), started=moment(started), ended=moment(ended))
    refuse_too_many(len(found), str(path))
    query = (
        "SELECT p.trial_id, p.param_name, p.param_value, p.distribution_json FROM trial_params p "
        "JOIN trials t ON t.trial_id = p.trial_id WHERE t.study_id = ? ORDER BY p.param_id"
    )
    for key, name, value, distribution in file.rows(query, [study], most=_MOST_ROWS):
        if isinstance(name, str) and key in found:
            found[key].parameters[name] = (value, distribution)
    query = (
        "SELECT v.trial_id, v.value FROM trial_values v JOIN trials t ON t.trial_id = v.trial_id "
        "WHERE t.study_id = ? ORDER BY v.trial_id, v.objective"
    )
    # An infinite value is stored without a number.
    for key, value in file.rows(query, [study], most=_MOST_ROWS):
        if key in found:
            found[key].values.append(value)
    return list(found.values())
