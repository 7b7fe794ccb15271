"""The commands of `nasctl` that change a search, against a real API server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from tests.support.bucket import Bucket
from tests.support.kube import Kube
from tests.support.searches import fault_search
from tests.support.waiting import Waiter

from nas import Search, attach
from nas.errors import InvalidInput
from nas_client.cli.main import main as nasctl
from nas_client.validation import findings

pytestmark = pytest.mark.cluster


def test_a_search_is_submitted_held_changed_and_looked_at(
    kube: Kube, wait_for: Waiter, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--kubeconfig", str(kube.cluster.kubeconfig), "--namespace", kube.namespace]
    manifest = tmp_path / "search.yaml"
    manifest.write_text(json.dumps(fault_search("mine", "--seconds=2", trials=2, parallel=1)))
    assert nasctl(["submit", str(manifest), *where]) == 0
    assert nasctl(["suspend", "mine", *where]) == 0
    wait_for.condition("mine", "Suspended")
    assert nasctl(["budget", "mine", "--max-trials", "3", *where]) == 0
    assert nasctl(["resume", "mine", *where]) == 0
    wait_for.condition("mine", "Succeeded")
    capsys.readouterr()

    assert nasctl(["list", "-o", "json", *where]) == 0
    [row] = json.loads(capsys.readouterr().out)
    assert (row["name"], row["state"], row["trials"]) == ("mine", "Succeeded", "3/3")
    assert nasctl(["trials", "mine", "-o", "json", *where]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [(one["index"], one["state"]) for one in rows] == [(0, "Succeeded"), (1, "Succeeded"), (2, "Succeeded")]
    assert nasctl(["extend", "mine", "--epochs", "2", "--seeds", "2", *where]) == 0

    def trained_twice() -> bool:
        return any(entry.get("trainings") == 2 for entry in kube.search("mine")["status"].get("retrained", ()))

    wait_for(trained_twice, 60, "the best is trained again, with two seeds")
    status = kube.search("mine")["status"]
    [reliable] = [one for one in status["conditions"] if one["type"] == "ProxyReliable"]
    assert (reliable["status"], reliable["reason"]) == ("Unknown", "RanksUnclear")
    assert nasctl(["show", "mine", "-o", "yaml", *where]) == 0
    assert "kind: NASSearch" in capsys.readouterr().out
    assert nasctl(["explain", "mine-00002", "-o", "json", *where]) == 0
    explained = json.loads(capsys.readouterr().out)
    assert explained["choice"]["results seen"] == 2
    assert explained["result"]["rank now"].endswith(" of 3")
    assert nasctl(["logs", "mine-00000", "--tail", "1", *where]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1
    assert nasctl(["logs", "mine-00009", *where]) == 2
    assert "there is no nastrial 'mine-00009'" in capsys.readouterr().err


def test_what_has_failed_is_tried_again(
    kube: Kube, wait_for: Waiter, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--kubeconfig", str(kube.cluster.kubeconfig), "--namespace", kube.namespace]
    manifest = tmp_path / "search.yaml"
    budget = {"maxFailedTrials": 1}
    manifest.write_text(json.dumps(fault_search("mine", "--fail-index=0,1", trials=3, parallel=1, budget=budget)))
    assert nasctl(["submit", str(manifest), *where]) == 0
    wait_for.condition("mine", "Failed")
    assert nasctl(["retry", "mine", *where]) == 0
    assert "tries again: candidates 0, 1" in capsys.readouterr().out
    wait_for.condition("mine", "Succeeded")
    trials = kube.trials("mine")
    assert [trial["spec"]["candidates"][0].get("parents") for trial in trials][2:4] == [[0], [1]]
    assert len(trials) == 5 and kube.search("mine")["status"]["progress"] == "3/3"
    assert nasctl(["explain", "mine-00002", *where]) == 0
    assert "Retry" in capsys.readouterr().out
    assert nasctl(["replay", "mine", *where]) == 0


def test_what_the_api_server_does_not_take_is_said_in_its_words(
    kube: Kube, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--kubeconfig", str(kube.cluster.kubeconfig), "--namespace", kube.namespace]
    manifest = tmp_path / "search.yaml"
    manifest.write_text(json.dumps(fault_search("mine", trials=0)))
    assert nasctl(["submit", str(manifest), *where]) == 2
    assert "spec.budget.maxTrials" in capsys.readouterr().err
    assert nasctl(["suspend", "absent", *where]) == 2
    assert "there is no nassearch 'absent'" in capsys.readouterr().err


def test_a_field_that_the_api_does_not_have_is_refused_and_not_dropped(
    kube: Kube, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--kubeconfig", str(kube.cluster.kubeconfig), "--namespace", kube.namespace]
    manifest = tmp_path / "search.yaml"
    search = fault_search("mine")
    search["spec"]["bugdet"] = {"maxTrials": 3}
    manifest.write_text(json.dumps(search))
    assert nasctl(["submit", str(manifest), *where]) == 2
    assert ".spec.bugdet: field not declared in schema" in capsys.readouterr().err


def test_a_search_is_submitted_and_read_from_python(kube: Kube, wait_for: Waiter) -> None:
    where = {"kubeconfig": str(kube.cluster.kubeconfig)}
    spec = fault_search("mine", trials=2)["spec"]
    asked = Search(
        "mine",
        namespace=kube.namespace,
        task=spec["task"],
        strategy=spec["strategy"],
        budget=spec["budget"],
        trial_template=spec["trialTemplate"],
    )
    search = asked.submit(**where)
    wait_for.condition("mine", "Succeeded")
    search.watch()
    assert search.status.trials.succeeded == 2
    frame = search.trials()
    assert frame["state"].tolist() == ["Succeeded", "Succeeded"]
    assert search.best().trial in set(frame["trial"])
    again = attach("mine", kube.namespace, **where)
    assert again.best().trial == search.best().trial
    again.suspend()
    assert again.state.spec.suspend
    again.resume()
    with pytest.raises(InvalidInput, match=r"spec\.budget\.maxTrials|budget"):
        Search("mine", namespace=kube.namespace, task=spec["task"], budget={"maxTrials": "many"})


def test_a_manifest_is_written_for_data_in_a_bucket(
    kube: Kube, bucket: Bucket, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    rows = "\n".join(f"{k % 7}.5,{'ab'[k % 2]}" for k in range(60))
    bucket.put("data/wines.csv", f"acid,class\n{rows}".encode())
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", bucket.server.host_endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", bucket.server.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", bucket.server.secret_key)
    manifest = tmp_path / "wines.yaml"
    assert nasctl(["init", f"s3://{bucket.name}/data/wines.csv", "--yes", "--out", str(manifest)]) == 0
    written = yaml.safe_load(manifest.read_text())
    assert findings([written]) == []
    assert written["spec"]["task"]["dataset"]["uri"] == f"s3://{bucket.name}/data/wines.csv"
    assert written["spec"]["storage"]["bucket"] == bucket.name
    assert nasctl(["init", f"s3://{bucket.name}/none", "--yes"]) == 2
    kube.apply(written)
