"""Everything that users, their buckets and their pods write, changed at random: readers raise their own errors only.

``FUZZ=10000`` reads that many files of each kind. A failure names the seed, with which it comes again.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
import yaml
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from safetensors.torch import save as save_tensors
from tests.support.fuzzing import Mutator
from tests.support.held_files import HeldFiles
from tests.support.optuna_studies import tuned
from tests.support.small_bundle import write_bundle
from tests.unit.nas_plan.knowledge.test_nearest import CONTENT, asking
from torch import nn

import nas_model
from nas_backend.metrics_page import of_trial, samples
from nas_backend.result_text import UnusableResult, read_result
from nas_benchmark.table import read_table
from nas_client.errors import InvalidInput
from nas_client.importing.fit import fit
from nas_client.importing.sources import Tool
from nas_client.importing.sources import read as read_results
from nas_client.manifest import objects_in
from nas_client.validation import findings
from nas_core.api.space import SearchSpaceSpec
from nas_core.api.task import Task
from nas_core.records.knowledge import EntryInvalid
from nas_core.spaces import get_space
from nas_core.table_format import TableError
from nas_model.bundle.format import MANIFEST
from nas_model.errors import BundleError, DatasetInvalid
from nas_model.tables.openers import OPENERS
from nas_plan.knowledge.nearest import NearestEntries
from nas_storage.directory_store import DirectoryStore
from nas_trial.data import npz
from nas_trial.data.prepared.manifest import Manifest
from nas_trial.training.checkpoint import Checkpoints, copy_state
from nas_trial.training.progress import Progress
from nas_trial.training.train_state import TrainState

FILES = int(os.environ.get("FUZZ", "50"))
"""Of each kind."""
LIMIT_S = 10.0
"""Seconds that a small file may take; a hang or quadratic time takes more on any machine."""
EXAMPLES = Path(__file__).parents[2] / "examples"
PREFIX = "root/trials/t-0/checkpoints/"


@dataclass(frozen=True)
class Reader:
    """A kind of file."""

    valid: Callable[[Path], bytes]
    """Makes the content of a good file; the folder is for what has to be made on a disk."""
    read: Callable[[bytes, Path], object]
    """Takes the content of a file, and an empty folder."""
    errors: tuple[type[Exception], ...]
    """What it may raise; each with a message."""


def archive(**arrays: Any) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def parquet() -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table({"a": [1, 2, 3], "b": ["x", None, "z"], "c": [0.5, 1.5, float("nan")]}), buffer)
    return buffer.getvalue()


def state() -> TrainState:
    network = nn.Linear(3, 2)
    return TrainState(network, torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9))


def checkpoints(folder: Path) -> Checkpoints:
    return Checkpoints(DirectoryStore(folder), PREFIX, "bucket", 1, "c")


@cache
def checkpoint() -> tuple[bytes, bytes]:
    """Return manifest and weights of one checkpoint."""
    content = save_tensors(dict(copy_state(state(), Progress()).tensors))
    progress = Progress(3, 17, {"loss": 1.5}, {"val_accuracy": 0.5}, 1024.0, 12.5, best_epoch=2).__dict__
    about = {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    return json.dumps(
        {"schemaVersion": 1, "candidate": "c", "attempt": 1, **about, "progress": progress}
    ).encode(), content


def resume(manifest: bytes, content: bytes, folder: Path) -> None:
    """Resume from a checkpoint: what is damaged is passed over."""
    store = DirectoryStore(folder)
    store.put(f"{PREFIX}e00003-s0000017-a001.json", manifest)
    store.put(f"{PREFIX}e00003-s0000017-a001.safetensors", content)
    checkpoints(folder).resume(state())
    checkpoints(folder).weights(f"s3://bucket/{PREFIX}e00003-s0000017-a001.safetensors")


def resume_from_weights(content: bytes, folder: Path) -> None:
    """Resume from weights that somebody has changed with their manifest."""
    manifest = json.loads(checkpoint()[0]) | {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    resume(json.dumps(manifest).encode(), content, folder)


def open_table(kind: str) -> Callable[[bytes, Path], object]:
    def read(content: bytes, folder: Path) -> object:
        file = folder / f"d.{kind}"
        file.write_bytes(content)
        return [batch.to_pylist() for batch in OPENERS[kind](file, file.name).batches(None)]

    return read


def look_up(content: bytes, folder: Path) -> object:
    (file := folder / "t.csv.gz").write_bytes(content)
    return read_table([file], get_space(SearchSpaceSpec(name="nas-bench-201")), ["accuracy"], "raw")


def validate(content: bytes, folder: Path) -> object:
    return findings(objects_in(content.decode(errors="replace"), folder / "search.yaml"))


def small_bundle(folder: Path) -> Path:
    torch.manual_seed(0)
    return write_bundle(folder / "bundle")


def load_bundle(content: bytes, folder: Path) -> object:
    bundle = small_bundle(folder)
    (bundle / MANIFEST).write_bytes(content)
    return nas_model.load(bundle)


def prepared(content: bytes, folder: Path) -> object:
    return Manifest.parse(content, str(folder))


def arrays(content: bytes, folder: Path) -> object:
    task = Task.model_validate({"type": "image-classification", "dataset": {"uri": "s3://bucket/data.npz"}})
    return npz.read(HeldFiles({"data.npz": content}, "s3://bucket/data.npz"), task)


def begin_with(content: bytes, _: Path) -> object:
    nearest = NearestEntries(asking(), ())
    nearest.take(content)
    return nearest.found()


TABLE = "architecture,accuracy\n" + "".join(
    f"|{a}~0|+|none~0|none~1|+|{a}~0|skip_connect~1|none~2|,{n}\n"
    for n, a in enumerate(("none", "skip_connect", "nor_conv_3x3"))
)
RESULT = {
    "schemaVersion": 1,
    "outcome": "Succeeded",
    "metrics": {"val_accuracy": 0.5, "parameters": 10},
    "epochs": 3,
    "warnings": ["w"],
    "curve": {"epochs": [1, 2], "values": {"val_accuracy": ["0.1", "0.2"]}},
    "candidates": [{"id": "a", "outcome": "Succeeded", "metrics": {"val_accuracy": 0.5}}],
}
PAGE = b"""# TYPE nas_trial_metric gauge
nas_trial_metric{nas_search_uid="u",nas_trial="s-00000",nas_attempt="1",metric="loss"} 0.5
nas_trial_metric{nas_search_uid="u",nas_trial="s-00000",nas_attempt="1",metric="val_\\"x\\\\"} NaN
"""
ENTRY = {"name": "a.arrow", "bytes": 1, "sha256": "0" * 64, "rows": 3}
PREPARED = {
    "version": 1,
    "key": "k",
    "hash": "sha256:1",
    "classes": 3,
    "inputs": [{"name": "image", "type": "uint8", "shape": [1, 8, 8]}],
    "splits": {"train": [ENTRY], "val": [ENTRY]},
    "targets": {"train": ENTRY, "val": ENTRY},
    "files": [ENTRY],
}


KATIB = {
    "kind": "List",
    "items": [
        {
            "apiVersion": "kubeflow.org/v1beta1",
            "kind": "Experiment",
            "metadata": {"name": "e", "uid": "u", "creationTimestamp": "2024-03-01T10:00:00Z"},
            "spec": {
                "objective": {"type": "maximize", "objectiveMetricName": "acc", "additionalMetricNames": ["loss"]},
                "parameters": [{"name": "lr", "feasibleSpace": {"min": "0.01", "max": "0.1"}}],
                "nasConfig": {"graphConfig": {"numLayers": 2}},
            },
        },
        {
            "apiVersion": "kubeflow.org/v1beta1",
            "kind": "Trial",
            "metadata": {"name": "t", "ownerReferences": [{"kind": "Experiment", "name": "e"}]},
            "spec": {
                "parameterAssignments": [
                    {"name": "architecture", "value": "[[1], [2, 0]]"},
                    {"name": "nn_config", "value": "{'embedding': {'1': {'opt_type': 'c', 'opt_params': {'k': '3'}}}}"},
                ]
            },
            "status": {
                "conditions": [{"type": "Succeeded", "status": "True"}],
                "observation": {"metrics": [{"name": "acc", "min": "0.1", "max": "0.9", "latest": "0.5"}]},
            },
        },
    ],
}
RUNS = {
    "runs": [
        {
            "info": {
                "run_id": "r", "experiment_id": "7", "status": "FINISHED", "lifecycle_stage": "active",
                "start_time": 1700000000000,
            },
            "data": {
                "params": [{"key": "architecture.depth", "value": "2"}],
                "metrics": [{"key": "acc", "value": 0.5}],
                "tags": [{"key": "nas.work", "value": "Train"}, {"key": "nas.index", "value": "3"}],
            },
        }
    ]
}  # fmt: skip


def study(storage: Any) -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    optuna.create_study(storage=storage, direction="maximize").optimize(tuned, n_trials=3)


def optuna_storage(folder: Path) -> bytes:
    study(f"sqlite:///{folder}/study.db")
    return (folder / "study.db").read_bytes()


def optuna_journal(folder: Path) -> bytes:
    study(JournalStorage(JournalFileBackend(str(folder / "journal.log"))))
    return (folder / "journal.log").read_bytes()


def mlflow_database(folder: Path) -> bytes:
    with sqlite3.connect(folder / "mlflow.db") as connection:
        connection.executescript(
            """
            CREATE TABLE experiments (experiment_id INTEGER, name TEXT, lifecycle_stage TEXT);
            CREATE TABLE runs (run_uuid TEXT, status TEXT, start_time BIGINT, end_time BIGINT, lifecycle_stage TEXT,
                experiment_id INTEGER);
            CREATE TABLE params (key TEXT, value TEXT, run_uuid TEXT);
            CREATE TABLE latest_metrics (key TEXT, value FLOAT, is_nan BOOLEAN, run_uuid TEXT);
            CREATE TABLE tags (key TEXT, value TEXT, run_uuid TEXT);
            INSERT INTO experiments VALUES (1, 'e', 'active');
            INSERT INTO runs VALUES ('a', 'FINISHED', 1000, 2000, 'active', 1);
            INSERT INTO params VALUES ('lr', '0.01', 'a');
            INSERT INTO latest_metrics VALUES ('acc', 0.9, 0, 'a');
            """
        )
    return (folder / "mlflow.db").read_bytes()


def import_of(tool: Tool) -> Callable[[bytes, Path], object]:
    def look(content: bytes, folder: Path) -> object:
        (file := folder / "file").write_bytes(content)
        return fit(read_results(tool, str(file), None, None), get_space(SearchSpaceSpec(name="tiny")), [], {}, {}, {})

    return look


def of(content: bytes) -> Callable[[Path], bytes]:
    return lambda _: content


READERS = {
    "result": Reader(
        of(json.dumps(RESULT).encode()),
        lambda content, _: read_result(content.decode(errors="replace")),
        (UnusableResult,),
    ),
    "page of metrics": Reader(of(PAGE), lambda content, _: of_trial(samples(content), "s-00000", "u"), ()),
    "checkpoint": Reader(
        lambda _: checkpoint()[0], lambda content, at: resume(content, checkpoint()[1], at), (ValueError,)
    ),
    "weights": Reader(lambda _: checkpoint()[1], resume_from_weights, (ValueError,)),
    "bundle": Reader(lambda folder: (small_bundle(folder) / MANIFEST).read_bytes(), load_bundle, (BundleError,)),
    "prepared data": Reader(of(json.dumps(PREPARED).encode()), prepared, (DatasetInvalid,)),
    "csv": Reader(of(b'a,b,c\n1,"x y",0.5\n2,z,\n'), open_table("csv"), (DatasetInvalid,)),
    "csv in gzip": Reader(of(gzip.compress(b"a,b\n1,2\n" * 9)), open_table("csv"), (DatasetInvalid,)),
    "json lines": Reader(of(b'{"a": 1, "b": "x"}\n{"a": 2, "c": [1]}\n'), open_table("jsonl"), (DatasetInvalid,)),
    "parquet": Reader(lambda _: parquet(), open_table("parquet"), (DatasetInvalid,)),
    "npz": Reader(
        lambda _: archive(x=np.zeros((4, 4, 4), np.uint8), y=np.array([0, 1, 0, 1])), arrays, (DatasetInvalid,)
    ),
    "table of a benchmark": Reader(of(gzip.compress(TABLE.encode())), look_up, (TableError,)),
    "study of optuna": Reader(optuna_storage, import_of(Tool.OPTUNA), (InvalidInput,)),
    "journal of optuna": Reader(optuna_journal, import_of(Tool.OPTUNA), (InvalidInput,)),
    "experiment of katib": Reader(of(json.dumps(KATIB).encode()), import_of(Tool.KATIB), (InvalidInput,)),
    "experiment of katib in yaml": Reader(of(yaml.safe_dump(KATIB).encode()), import_of(Tool.KATIB), (InvalidInput,)),
    "runs of mlflow": Reader(of(json.dumps(RUNS).encode()), import_of(Tool.MLFLOW), (InvalidInput,)),
    "database of mlflow": Reader(mlflow_database, import_of(Tool.MLFLOW), (InvalidInput,)),
    "entry of a knowledge base": Reader(of(CONTENT), begin_with, (EntryInvalid,)),
    "manifest": Reader(lambda _: (EXAMPLES / "09-edge.yaml").read_bytes(), validate, (InvalidInput,)),
}


@pytest.mark.timeout(300 + FILES)
@pytest.mark.parametrize("kind", READERS)
def test_a_reader_raises_its_own_errors_only(kind: str, tmp_path: Path) -> None:
    reader = READERS[kind]
    valid = reader.valid(tmp_path)
    (whole := tmp_path / "whole").mkdir()
    reader.read(valid, whole)
    for seed in range(FILES):
        content = Mutator(seed).content(valid)
        (folder := tmp_path / str(seed)).mkdir()
        start = time.monotonic()
        try:
            reader.read(content, folder)
        except reader.errors as error:
            assert str(error), f"seed {seed}: an error without a message"
        except Exception as error:
            error.add_note(f"seed {seed}: {content[:2000]!r}")
            raise
        assert time.monotonic() - start < LIMIT_S, f"seed {seed}"
