"""`nasctl submit --from`: a search that was begun without a cluster goes on there, against a real API server."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from tests.support.kube import Kube
from tests.support.searches import check_record, fault_search, score
from tests.support.waiting import Waiter

from nas_client.cli.main import main as nasctl
from nas_client.folder import folder_state
from nas_client.moving import move
from nas_client.reader import Reader
from nas_core.api.trial import NASTrialStatus
from nas_core.records.search import ReadableSearch
from nas_core.records.trial import TrialView
from nas_local.home import Home
from nas_local.records import Records
from nas_plan.ask import ask

pytestmark = pytest.mark.cluster
ENDED = 2
MOVED = 3


class Stopped(Exception):
    """As Ctrl-C, or a kill."""


def begun(folder: Path, namespace: str, manifest: dict[str, object]) -> None:
    """Write what `nasctl run` leaves when it is stopped with some results and a trial that has not ended."""
    spec = manifest["spec"]
    assert isinstance(spec, dict)
    records = Records.open(Home(folder), namespace, "mine", spec)
    search = records.search
    assert isinstance(search, ReadableSearch)
    records.write_search(search.status.model_copy(update={"first_trial_time": datetime.now(UTC)}))
    for index in range(MOVED):
        [asked] = ask(search.spec, records.trials, index, 1)
        trial = records.create(search, asked)
        if index < ENDED:
            records.write_trial(trial, result(trial))


def result(trial: TrialView) -> NASTrialStatus:
    raw = {"spec": trial.spec.to_dict()}
    condition = {"type": "Succeeded", "status": "True", "reason": "Succeeded"}
    return NASTrialStatus.model_validate(
        {
            "conditions": [condition | {"lastTransitionTime": datetime.now(UTC)}],
            "sequence": trial.spec.index + 1,
            "metrics": {"val_accuracy": score(raw)},
            "checkpoint": "s3://this-machine/weights",
            "attempts": [{"number": 1, "outcome": "Succeeded"}],
            "trialSeconds": 5,
        }
    )


def test_a_search_goes_on_where_the_run_was_stopped(
    kube: Kube, wait_for: Waiter, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--kubeconfig", str(kube.cluster.kubeconfig), "--namespace", kube.namespace]
    manifest = fault_search("mine", trials=5, parallel=1)
    file = tmp_path / "search.yaml"
    file.write_text(yaml.safe_dump(manifest))
    begun(tmp_path / "run", "default", manifest)
    reader = Reader.connect(str(kube.cluster.kubeconfig), None, kube.namespace)

    def stop_after_one(done: int, _: int) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        move(reader, manifest, folder_state(tmp_path / "run"), stop_after_one)
    assert kube.search("mine")["spec"]["suspend"], "nothing is tried before all results are there"
    capsys.readouterr()
    assert nasctl(["submit", str(file), "--from", str(tmp_path / "run"), *where]) == 0
    assert "3 trials, of which 2 have ended" in capsys.readouterr().out

    wait_for.condition("mine", "Succeeded")
    trials = kube.trials("mine")
    check_record(trials, 5)
    assert [trial["status"]["metrics"]["val_accuracy"] for trial in trials[:ENDED]] == [
        pytest.approx(score(trial)) for trial in trials[:ENDED]
    ]
    # What had ended was not tried again, and no address is of a file that is not here.
    assert [trial["status"]["trialSeconds"] for trial in trials[:ENDED]] == [5, 5]
    assert not any("this-machine" in json.dumps(trial) for trial in trials)
    assert nasctl(["replay", "mine", *where]) == 0, "the cluster has chosen as the run would have"
    # Once more, of a search that has gone on since, changes nothing.
    assert nasctl(["submit", str(file), "--from", str(tmp_path / "run"), *where]) == 0
    assert kube.trials("mine") == trials


def test_another_search_of_that_name_is_left_alone(
    kube: Kube, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--kubeconfig", str(kube.cluster.kubeconfig), "--namespace", kube.namespace]
    manifest = fault_search("mine", trials=5, parallel=1, suspend=True)
    file = tmp_path / "search.yaml"
    file.write_text(yaml.safe_dump(manifest))
    assert nasctl(["submit", str(file), *where]) == 0
    begun(tmp_path / "run", "default", manifest)
    assert nasctl(["submit", str(file), "--from", str(tmp_path / "run"), *where]) == 2
    assert "there is a NASSearch 'mine' already, which is not of this run" in capsys.readouterr().err
