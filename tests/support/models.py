"""A NASModel for tests, and the search and the trial that it is made of."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.support.factories import START, raw_meta, raw_search, raw_trial, stamp

from nas_core.contract import ModelArtifact, ModelSummary, TrialResult
from nas_core.records.job import JobView
from nas_core.records.model import ModelView
from nas_core.records.search import read_search
from nas_core.records.trial import TrialView
from nas_core.states import Outcome
from nas_plan.models.decide import decide
from nas_plan.models.snapshot import ModelSnapshot, Source
from nas_plan.resolve import resolve

Json = dict[str, Any]

STORAGE: Json = {"bucket": "nas", "prefix": "team", "secretRef": {"name": "nas-storage"}}
BUNDLE = "s3://nas/team/ns/s/uid-s/trials/s-00000/bundle/a001/"
CONDITIONS = [
    {"type": "Succeeded", "status": "True", "reason": "Completed", "lastTransitionTime": stamp(START)},
]
ENDED: Json = {
    "sequence": 1,
    "metrics": {"val_accuracy": 0.8, "test_accuracy": 0.75},
    "objective": "0.75",
    "conditions": CONDITIONS,
    "bundle": BUNDLE,
    "checkpoint": "s3://nas/team/ns/s/uid-s/trials/s-00000/checkpoints/e00010-s0000000-a001.safetensors",
    "datasetHash": "sha256:5eed",
    "imageID": "nas-trial@sha256:1",
}
FILES = [
    ModelArtifact(path="bundle.json", sha256="a" * 64, bytes=3),
    ModelArtifact(path="exports/model.onnx", sha256="b" * 64, bytes=5, format="onnx"),
]
MADE = TrialResult(
    outcome=Outcome.SUCCEEDED,
    model=ModelSummary(folder="0a1b/", artifacts=FILES, metrics={"onnx": {"test_accuracy": 0.75}}),
)
TAGS = {"bundle.json": "t1-3", "exports/model.onnx": "t2-5"}


def raw_model(object_name: str = "digits", status: Json | None = None, meta: Json | None = None, **spec: Any) -> Json:
    given = {"version": "1", "source": {"trial": "s-00000"}, "stage": "candidate", "deletionPolicy": "Retain"} | spec
    kept = raw_meta(object_name, generation=1)
    kept.pop("labels")
    return {"kind": "NASModel", "metadata": kept | (meta or {}), "spec": given} | ({"status": status} if status else {})


def model(object_name: str = "digits", status: Json | None = None, meta: Json | None = None, **spec: Any) -> ModelView:
    return ModelView.of(raw_model(object_name, status, meta, **spec))


def retrained(**status: Any) -> TrialView:
    """Return a trial that has trained its candidate again."""
    raw = raw_trial(0, ENDED | status)
    raw["spec"] |= {"work": "Retrain", "epochs": 10}
    raw["spec"]["candidates"][0] |= {"parents": [3], "text": "none", "origin": "Mutation"}
    return TrialView.of(raw)


def source(trial: TrialView | None = None, **spec: Any) -> Source:
    search = resolve(read_search(raw_search(**{"storage": STORAGE} | spec)), None)
    return Source(search, trial or retrained(), "c0ffee", "kubectl")


def export_job(of: ModelView, **status: Any) -> JobView:
    return JobView.of(
        {
            "kind": "Job",
            "metadata": raw_meta(f"{of.meta.name}-export", of.meta.uid),
            "spec": {"template": {"spec": {"containers": [{"name": "trial"}]}}},
            "status": status,
        }
    )


def after(view: ModelView, snapshot: ModelSnapshot) -> ModelView:
    """Return the model as it is when what a snapshot asks for has been written."""
    return replace(view, status=decide(snapshot).status)


def begun() -> ModelView:
    """Return a model whose Job has been asked for."""
    view = model()
    return after(view, ModelSnapshot(START, view, source()))
