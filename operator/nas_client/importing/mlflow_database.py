"""Reads an experiment of MLflow from the SQLite file of a server's backend store."""

from __future__ import annotations

from pathlib import Path

from nas_client.importing.experiment import MOST_TRIALS, EarlierExperiment, moment, refuse_too_many, the_one
from nas_client.importing.mlflow_runs import StoredRun, experiment
from nas_client.importing.sqlite_file import opened

_MOST_ROWS = 20 * MOST_TRIALS
"""Rows of parameters, metrics or tags."""
_OF_RUNS = "JOIN runs r ON r.run_uuid = t.run_uuid WHERE r.experiment_id = ? AND r.lifecycle_stage = 'active'"
_VALUES = {
    "params": f"SELECT t.run_uuid, t.key, t.value FROM params t {_OF_RUNS}",  # noqa: S608
    # What is no number is stored as 0, with a mark.
    "metrics": f"SELECT t.run_uuid, t.key, iif(t.is_nan, NULL, t.value) FROM latest_metrics t {_OF_RUNS}",  # noqa: S608
    "tags": f"SELECT t.run_uuid, t.key, t.value FROM tags t {_OF_RUNS}",  # noqa: S608
}
"""By the field of a run that they fill in."""


def read_database(path: Path, wanted: str | None) -> EarlierExperiment:
    """Return an experiment; ``wanted`` is its name, which may be left out where one has runs.

    Raises:
        InvalidInput: if it is not there, or the file is no database of MLflow.
    """
    with opened(path, "MLflow") as file:
        query = "SELECT experiment_id, name FROM experiments WHERE lifecycle_stage = 'active'"
        experiments = {str(name): key for key, name in file.rows(query, most=10_000)}
        if wanted is None:
            # The experiment that every server begins with mostly has none.
            query = "SELECT DISTINCT experiment_id FROM runs WHERE lifecycle_stage = 'active'"
            used = {key for (key,) in file.rows(query, most=10_000)}
            experiments = {name: key for name, key in experiments.items() if key in used}
        name = the_one(experiments, wanted, "experiment", str(path))
        chosen = experiments[name]
        query = (
            "SELECT run_uuid, status, start_time, end_time FROM runs "
            "WHERE experiment_id = ? AND lifecycle_stage = 'active'"
        )
        runs = {
            key: StoredRun(str(key), str(chosen), str(status), moment(started), moment(ended))
            for key, status, started, ended in file.rows(query, [chosen], most=MOST_TRIALS + 1)
        }
        refuse_too_many(len(runs), str(path))
        for what, query in _VALUES.items():
            for key, item, value in file.rows(query, [chosen], most=_MOST_ROWS):
                if key in runs:
                    getattr(runs[key], what)[str(item)] = value
        return experiment(name, runs.values())
