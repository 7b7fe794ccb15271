"""A backend store of MLflow in SQLite, with its columns of these tables (MLflow 2 and 3)."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from nas_client.errors import InvalidInput
from nas_client.importing.mlflow_database import read_database
from nas_client.importing.sources import Tool, read

SCHEMA = """
CREATE TABLE experiments (experiment_id INTEGER, name TEXT, lifecycle_stage TEXT);
CREATE TABLE runs (run_uuid TEXT, name TEXT, status TEXT, start_time BIGINT, end_time BIGINT, lifecycle_stage TEXT,
    experiment_id INTEGER);
CREATE TABLE params (key TEXT, value TEXT, run_uuid TEXT);
CREATE TABLE latest_metrics (key TEXT, value FLOAT, timestamp BIGINT, step BIGINT, is_nan BOOLEAN, run_uuid TEXT);
CREATE TABLE tags (key TEXT, value TEXT, run_uuid TEXT);
INSERT INTO experiments VALUES (0, 'Default', 'active'), (1, 'vision/fashion', 'active'), (2, 'gone', 'deleted');
INSERT INTO runs VALUES ('a', 'x', 'FINISHED', 1000, 2000, 'active', 1), ('b', 'y', 'RUNNING', 3000, NULL, 'active', 1),
    ('c', 'z', 'FINISHED', 1, 2, 'deleted', 1);
INSERT INTO params VALUES ('lr', '0.01', 'a'), ('units', '32', 'a'), ('lr', '0.02', 'c');
INSERT INTO latest_metrics VALUES ('acc', 0.9, 1, 2, 0, 'a'), ('nan', 0.0, 1, 2, 1, 'a'),
    ('inf', 1.7976931348623157e308, 1, 2, 0, 'a');
INSERT INTO tags VALUES ('mlflow.runName', 'x', 'a');
"""


def database(tmp_path: Path, *more: str) -> Path:
    path = tmp_path / "mlflow.db"
    with sqlite3.connect(path) as connection:
        connection.executescript(SCHEMA)
        for statement in more:
            connection.execute(statement)
    return path


def test_the_one_experiment_with_runs_is_read(tmp_path: Path) -> None:
    found = read_database(database(tmp_path), None)
    assert (found.name, found.tool) == ("vision/fashion", "mlflow")
    assert [(one.state, one.complete) for one in found.trials] == [("FINISHED", True), ("RUNNING", False)]
    assert found.trials[0].values == {"lr": "0.01", "units": "32"}
    # What is no number, or infinite, MLflow stores as 0 and 1.8e308.
    assert found.trials[0].metrics == {"acc": 0.9}
    assert (found.created.timestamp(), found.ended.timestamp()) == (1, 3)


def test_of_several_experiments_one_has_to_be_named(tmp_path: Path) -> None:
    path = database(tmp_path, "INSERT INTO runs VALUES ('d', '', 'FINISHED', 5, 6, 'active', 0)")
    with pytest.raises(InvalidInput, match="name one with --experiment: 'Default', 'vision/fashion'"):
        read_database(path, None)
    assert read(Tool.MLFLOW, f"sqlite:///{path}", None, "vision/fashion").trials[0].metrics == {"acc": 0.9}
    with pytest.raises(InvalidInput, match="has no experiment 'gone'"):
        read_database(path, "gone")


def test_another_tools_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE studies (k)")
    with pytest.raises(InvalidInput, match="is no database of MLflow that can be read: no such table: experiments"):
        read_database(path, None)
    with pytest.raises(InvalidInput, match="is a database; write the objects with: kubectl"):
        read(Tool.KATIB, str(path), None, None)
