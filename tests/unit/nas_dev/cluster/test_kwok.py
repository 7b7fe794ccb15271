"""Fake nodes, and what their pods go through."""

from __future__ import annotations

import json
from pathlib import Path

import yaml

from nas_core.contract import TrialResult
from nas_dev.cluster import kwok

STAGES = list(yaml.safe_load_all(kwok.STAGES.read_text()))


def test_only_pods_that_tolerate_them_get_onto_fake_nodes() -> None:
    nodes = kwok.nodes(3)
    assert len({node["metadata"]["name"] for node in nodes}) == 3
    for node in nodes:
        [taint] = node["spec"]["taints"]
        [toleration] = kwok.TOLERATIONS
        assert (taint["key"], taint["effect"]) == (toleration["key"], toleration["effect"])
        assert kwok.NODE_SELECTOR.items() <= node["metadata"]["labels"].items()
        assert f"--manage-nodes-with-annotation-selector={kwok.LABEL}=true" in kwok.daemon("c", Path("/x")).argv
        assert node["metadata"]["annotations"][kwok.LABEL] == "true"


def test_pods_leave_a_result_as_a_trial_would() -> None:
    [succeed] = [stage for stage in STAGES if stage["metadata"]["name"] == "succeed"]
    assert succeed["spec"]["delay"]["durationMilliseconds"] == 2000
    [line] = [line for line in succeed["spec"]["next"]["statusTemplate"].splitlines() if "message:" in line]
    result = TrialResult.model_validate(json.loads(yaml.safe_load(line.strip())["message"]))
    assert result.outcome == "Succeeded" and result.metrics == {"val_accuracy": 0.5}


def test_a_changed_stage_restarts_kwok() -> None:
    assert kwok.daemon("c", Path("/x")).config == kwok.STAGES.read_text()
