"""Manifests changed at random: each is denied in words, or the plan can do something with it; nothing raises.

``make fuzz`` tries many more. A failure names the seed, with which it comes again.
"""

from __future__ import annotations

import json
import os
import re
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.support.factories import START, raw_meta
from tests.support.fuzzing import Mutator, slots
from tests.support.kube import Kube

from nas_client.validation import findings
from nas_client.validation.schema import faults
from nas_core.api.trial import NASTrialSpec
from nas_core.crd.schema import custom_resource_definitions
from nas_core.records.names import STORAGE_FINALIZER
from nas_core.records.search import ReadableSearch, read_search
from nas_core.records.space import SpaceView
from nas_core.records.trial import TrialView
from nas_core.records.trial_object import build_trial
from nas_operator.manifests.job import build_job
from nas_plan.decide import plan
from nas_plan.resolve import resolve
from nas_plan.snapshot import Snapshot

pytestmark = pytest.mark.cluster

COUNT = int(os.environ.get("FUZZ", "150"))
LIMIT_S = 120.0
"""Seconds of a plan: with a thousand trials at a time some strategies take long, and none of them hangs."""
EXAMPLES = Path(__file__).parents[2] / "examples"
SCHEMAS = {
    crd["spec"]["names"]["kind"]: crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    for crd in custom_resource_definitions()
}
SPACE = {
    "apiVersion": "nas-operator.io/v1alpha1",
    "kind": "NASSearchSpace",
    "metadata": {"name": "mine"},
    "spec": {
        "decisions": [
            {"name": "depth", "integer": {"min": 1, "max": 8}},
            {"name": "block", "choice": ["conv", "pool"], "when": {"decision": "depth", "values": ["2", "3"]}},
            {"name": "rate", "real": {"min": "0.001", "max": "0.1", "log": True}},
            {"name": "parts", "subset": {"members": ["a", "b", "c"], "max": 2}},
        ]
    },
}
MODEL = {
    "apiVersion": "nas-operator.io/v1alpha1",
    "kind": "NASModel",
    "metadata": {"name": "mine"},
    "spec": {"version": "2", "source": {"trial": "search-00007"}, "exports": ["onnx"]},
}


def valid() -> list[dict[str, Any]]:
    """Return the examples' manifests, a space of one's own and a model."""
    documents = [one for path in sorted(EXAMPLES.glob("*.yaml")) for one in yaml.safe_load_all(path.read_text())]
    return [*(one for one in documents if one and one["kind"] in SCHEMAS), SPACE, MODEL]


def look(stored: dict[str, Any], kube: Kube) -> None:
    """Do what the operator does at its first look at an object that the API server has taken."""
    raw = stored | {"metadata": raw_meta("s", generation=1, namespace=kube.namespace, finalizers=[STORAGE_FINALIZER])}
    if raw["kind"] == "NASSearchSpace":
        SpaceView.of(raw)
    if raw["kind"] != "NASSearch":
        return
    search = resolve(read_search(raw), None)
    actions = plan(Snapshot(now=START, search=search), 5)
    status = actions.status.to_dict() if actions.status else {}
    wrong = list(faults(SCHEMAS["NASSearch"]["properties"]["status"], status, ("status",)))
    assert not wrong, f"the API server would deny this status: {wrong[0].field}: {wrong[0].message}"
    for spec in actions.create_trials[:1]:
        assert isinstance(search, ReadableSearch)
        begin(search, spec, kube)


def begin(search: ReadableSearch, spec: NASTrialSpec, kube: Kube) -> None:
    """Let the API server check the trial and its Job; what it denies would keep the search from ever beginning."""
    trial = build_trial(search.meta, spec, search.asked)
    status, said = kube.dry_run(trial)
    assert status == 201, f"the trial is denied: {said}"
    view = TrialView.of(trial | {"metadata": trial["metadata"] | {"uid": "u", "resourceVersion": "1"}})
    status, said = kube.dry_run(build_job(search.meta, search.spec, view, 1, "nas-trial:1"))
    assert status == 201, f"the Job is denied: {said}"


@pytest.mark.timeout(300 + COUNT)
def test_every_manifest_is_denied_in_words_or_planned(kube: Kube) -> None:
    manifests = valid()
    texts = sorted({s.value for m in manifests for s in slots(m, SCHEMAS[m["kind"]]) if isinstance(s.value, str)})
    accepted = 0
    for seed in range(COUNT):
        mutator = Mutator(seed, texts)
        base = mutator.rng.choice(manifests)
        manifest = mutator.manifest(base, SCHEMAS[base["kind"]])
        try:
            status, said = kube.dry_run(manifest)
            found = [str(one) for one in findings([manifest])]
            assert status in (201, 400, 422), said
            if status != 201:
                # Both name a field, or a rule does.
                assert re.search(r"spec|metadata|strict decoding|unable to|cannot", json.loads(said)["message"]), said
                continue
            accepted += 1
            assert all(": " in one for one in found)
            start = time.monotonic()
            look(json.loads(said), kube)
            assert time.monotonic() - start < LIMIT_S
        except Exception as error:
            error.add_note(f"seed {seed}: {json.dumps(manifest)[:4000]}")
            raise
    assert accepted >= COUNT / 10, "so few get as far as the plan that this shows nothing"
