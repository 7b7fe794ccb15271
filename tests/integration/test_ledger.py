"""Ended trials in the ledger in the bucket, and their objects deleted: nothing is forgotten, whoever is killed."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from tests.support.bucket import Bucket
from tests.support.kube import Kube
from tests.support.operator_process import Operator
from tests.support.searches import fault_search
from tests.support.waiting import Waiter

from nas_client.cli.main import main as nasctl

pytestmark = pytest.mark.cluster


def test_a_search_goes_on_from_its_ledger_and_stops_where_it_cannot_read_it(
    kube: Kube, bucket: Bucket, operator: Operator, wait_for: Waiter
) -> None:
    storage = bucket.storage(trialHistory=1)
    kube.apply(fault_search("kept", "--seconds=0.5", trials=12, parallel=2, storage=storage))
    wait_for.counts("kept", succeeded=4)
    kube.patch("kept", suspend=True)
    wait_for.condition("kept", "Suspended", reason="Suspended")

    def ended() -> set[str]:
        return {t["metadata"]["name"] for t in kube.trials("kept") if "sequence" in t.get("status", {})}

    # The last one, and the best.
    wait_for(lambda: len(ended()) <= 2, 60, "the objects of trials in the ledger are deleted")
    before = kube.status("kept")
    assert before["ledger"]["trials"] >= 4

    operator.crash()
    kube.patch("kept", suspend=None)
    wait_for.condition("kept", "Succeeded", timeout=120)
    status = kube.status("kept")
    assert status["trials"]["total"] == status["trials"]["succeeded"] == 12 and "deletedTrials" not in status
    wait_for(lambda: kube.status("kept")["ledger"]["trials"] == 12, 30, "all trials are in the ledger")
    wait_for(lambda: len(ended()) <= 2, 30, "the rest of the objects is deleted")
    assert kube.status("kept")["best"][0]["trial"] in ended(), "the best keeps its object"

    root = status["storageRoot"].removeprefix(f"s3://{bucket.name}/")
    segments = bucket.keys(f"{root}/ledger/")
    content = bucket.get(segments[0])
    bucket.put(segments[0], content[:-8] + b"forged!!")
    operator.crash()
    kube.patch("kept", budget={"maxTrials": 14, "parallelTrials": 2})
    wait_for.condition("kept", "Progressing", reason="LedgerUnreadable")
    assert kube.status("kept")["trials"] == status["trials"], "nothing is forgotten"
    bucket.put(segments[0], content)
    wait_for.condition("kept", "Succeeded", timeout=120)
    wait_for(lambda: kube.status("kept")["trials"]["succeeded"] == 14, 90, "it has gone on")


def test_a_search_goes_on_elsewhere_from_its_bucket_and_its_manifest(
    kube: Kube,
    bucket: Bucket,
    operator: Operator,
    wait_for: Waiter,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    manifest = fault_search("moved", "--seconds=0.5", trials=10, parallel=2, storage=bucket.storage(trialHistory=0))
    kube.apply(manifest)
    wait_for.counts("moved", succeeded=4)
    kube.patch("moved", suspend=True)
    wait_for.condition("moved", "Suspended", reason="Suspended")
    wait_for(lambda: kube.status("moved").get("ledger", {}).get("trials", 0) >= 4, 30, "they are in the ledger")
    before = kube.status("moved")
    kube.delete("nassearch", "moved")
    wait_for(lambda: not kube.trials("moved"), 60, "nothing is left of it in the cluster")

    for name, value in {
        "AWS_ACCESS_KEY_ID": bucket.server.access_key,
        "AWS_SECRET_ACCESS_KEY": bucket.server.secret_key,
        "AWS_ENDPOINT_URL_S3": bucket.server.host_endpoint,
        "AWS_REGION": bucket.server.region,
    }.items():
        monkeypatch.setenv(name, value)
    where = ["--kubeconfig", str(kube.cluster.kubeconfig), "--namespace", kube.namespace]
    file = tmp_path / "search.yaml"
    file.write_text(yaml.safe_dump(manifest))
    assert nasctl(["submit", str(file), "--from", before["storageRoot"], *where]) == 0, capsys.readouterr().err
    assert f"of which {before['trials']['succeeded']} have ended" in capsys.readouterr().out
    wait_for.condition("moved", "Succeeded", timeout=120)
    after = kube.status("moved")
    assert (
        after["trials"]["succeeded"] == after["trials"]["total"] == 10 and after["storageRoot"] != before["storageRoot"]
    )
    wait_for(lambda: kube.status("moved")["ledger"]["trials"] == 10, 30, "all are in its own ledger")

    # With the ledger alone: the objects are gone but for the best.
    wait_for(lambda: len(kube.trials("moved")) == 1, 30, "the objects are deleted")
    assert nasctl(["replay", "moved", *where]) == 0, "it has chosen as the first would have"
    assert nasctl(["trials", "moved", "-o", "json", *where]) == 0
    shown = capsys.readouterr().out
    assert shown.count('"trial": ') == 10, shown
