"""People compare two candidates of a search that has ended, while the operator is away: a real API server."""

from __future__ import annotations

import pytest
from tests.support.kube import Kube, condition
from tests.support.operator_process import Operator
from tests.support.searches import FAULT_IMAGE, fault_search
from tests.support.waiting import Waiter

from nas_client.cli.main import main as nasctl

pytestmark = pytest.mark.cluster

TRAINER = """
import json, os
trial = json.load(open(os.environ["NAS_TRIAL_FILE"]))
place = trial["identity"]["index"]
metrics = {"val_accuracy": 0.9 - place / 10, "size": 90 - 20 * place}
json.dump({"outcome": "Succeeded", "metrics": metrics}, open(os.environ["NAS_RESULT_FILE"], "w"))
"""
"""Each candidate is smaller and worse than the one before: all are on the front."""


def test_the_order_of_the_front_and_retraining_follow_an_operator_that_was_killed(
    kube: Kube, operator: Operator, wait_for: Waiter, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--kubeconfig", str(kube.cluster.kubeconfig), "--namespace", kube.namespace]
    objectives = [{"metric": "val_accuracy"}, {"metric": "size", "goal": "minimize"}]
    search = fault_search("front", trials=4, objectives=objectives)
    search["spec"]["trialTemplate"] = {"image": FAULT_IMAGE, "command": ["python", "-c", TRAINER]}
    kube.apply(search)
    wait_for.condition("front", "Succeeded")
    assert [one["index"] for one in kube.status("front")["best"]] == [0, 1, 2, 3]

    operator.kill()
    assert nasctl(["prefer", "front", *where]) == 0
    assert capsys.readouterr().out.count("nasctl prefer front ") == 2
    assert nasctl(["prefer", "front", "3", "front-00001", *where]) == 0
    assert nasctl(["prefer", "front", "front/3", "0", *where]) == 0
    operator.start()

    wait_for(lambda: kube.status("front")["best"][0]["index"] == 3, 30, "what is preferred comes first")
    status = kube.status("front")
    assert sorted(one["index"] for one in status["best"]) == [0, 1, 2, 3]
    assert status["utility"]["comparisons"] == 2 and condition(kube.search("front"), "ComparisonsFollowed")
    kube.patch("front", retrain={"top": 1, "epochs": 2})
    operator.crash()
    wait_for(lambda: kube.status("front").get("retrained"), 60, "what is preferred is trained again")
    assert [one["index"] for one in kube.status("front")["retrained"]] == [3]
    assert nasctl(["prefer", "front", "0", "3", *where]) == 0
    wait_for(lambda: kube.status("front")["best"][0]["index"] != 3, 30, "somebody has thought again")
    assert nasctl(["prefer", "front", "77", "3", *where]) == 2
    kube.patch("front", guidance={"comparisons": [{"better": 77, "worse": 3}, {"better": 2, "worse": 3}]})
    wait_for.events("front", "CandidatesUnknown")
    assert kube.status("front")["utility"]["comparisons"] == 1
