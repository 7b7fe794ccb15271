"""What searches leave in the bucket when they end, and that later ones begin with it, on a real API server."""

from __future__ import annotations

import pytest
from tests.integration.test_surrogates import of_work, search
from tests.support.bucket import Bucket
from tests.support.kube import Kube, condition
from tests.support.operator_process import Operator
from tests.support.waiting import Waiter

from nas_core.records.knowledge import read_entry
from nas_core.records.search import read_search
from nas_core.records.trial import TrialView
from nas_plan.replay import Record

pytestmark = pytest.mark.cluster

SIX = {"candidatesPerTrial": 6}
KNOWLEDGE = {"knowledge": {"nearest": 2}}


def test_it_outlives_the_search_that_made_it_and_operators_that_are_killed(
    kube: Kube, bucket: Bucket, operator: Operator, wait_for: Waiter
) -> None:
    prefix = f"{kube.namespace}/knowledge_base/"
    kube.apply(search("first", bucket, 12, evaluation=SIX, warmStart=KNOWLEDGE))
    wait_for.counts("first", timeout=60, total=6)
    operator.crash()
    wait_for.condition("first", "Succeeded", timeout=120)
    assert condition(kube.search("first"), "WarmStartUseful")["reason"] == "NoEarlierResults"
    [left] = bucket.keys(prefix)
    assert len(read_entry(bucket.get(left)).results) == 12
    kube.delete("nassearch", "first")
    for number, forged in enumerate((b"[" * 300_000, b"x" * (1 << 20), b'{"version": 1}')):
        bucket.put(f"{prefix}000000000{number}-forged-x.json", forged)

    storage = bucket.storage(deletionPolicy="Delete")
    kube.apply(search("second", bucket, 12, evaluation=SIX, warmStart=KNOWLEDGE, storage=storage))
    [kept] = wait_for(lambda: of_work(kube, "second", "Earlier"), 60, "the results of the first")
    operator.crash()
    bucket.client.delete_object(Bucket=bucket.name, Key=left)
    wait_for.condition("second", "Succeeded", timeout=120)
    found = kube.search("second")
    assert [trial["spec"] for trial in of_work(kube, "second", "Earlier")] == [kept["spec"]]
    assert condition(found, "WarmStartUseful")["message"].startswith("first: ")
    chosen = of_work(kube, "second", "Train")[0]["spec"]["candidates"][0]
    assert chosen["origin"] == "WarmStart" and chosen["source"].startswith("first/")
    record = Record.of(read_search(found), [TrialView.of(trial) for trial in kube.trials("second")])
    assert list(record.ask_again(range(12))) == [None] * 12

    assert [key for key in bucket.keys(prefix) if "-second-" in key], "it has left its own"
    kube.delete("nassearch", "second")
    wait_for(lambda: not [key for key in bucket.keys("") if "second" in key], 60, "its objects to be deleted")
