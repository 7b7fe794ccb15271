from __future__ import annotations

import asyncio

import pytest
from tests.support.factories import START, raw_search, raw_space, stamp
from tests.support.models import begun, raw_model
from tests.support.policies import complete, job_of, raw_namespace, raw_policy, raw_quota, search_named
from tests.support.tracked import raw_ready

from nas_operator import triggers as triggers_module
from nas_operator.triggers import Triggers


async def test_a_corrected_space_does_not_wait_out_its_backoff() -> None:
    triggers, key = Triggers(), ("ns", "shared")
    triggers.stores.spaces.put(raw_space(name="nas-bench-201"))
    assert await triggers.spaces.take() == key
    triggers.spaces.failed(key)
    triggers.spaces.done(key)
    assert len(triggers.spaces) == 0
    corrected = raw_space(decisions=[{"name": "a", "choice": ["x", "y"]}])
    corrected["metadata"] |= {"resourceVersion": "10", "generation": 2}
    triggers.stores.spaces.put(corrected)
    assert len(triggers.spaces) == 1 and await asyncio.wait_for(triggers.spaces.take(), 5) == key


async def test_the_status_that_the_operator_writes_wakes_no_space() -> None:
    triggers = Triggers()
    raw = raw_space(name="nas-bench-201")
    triggers.stores.spaces.put(raw)
    await triggers.spaces.take()
    triggers.spaces.done(("ns", "shared"))
    triggers.stores.spaces.put(
        raw | {"metadata": raw["metadata"] | {"resourceVersion": "10"}, "status": {"size": "15625"}}
    )
    assert len(triggers.spaces) == 0


async def test_a_model_wakes_the_tracking_of_its_search() -> None:
    triggers = Triggers()
    triggers.stores.models.put(raw_ready("digits"))
    assert await asyncio.wait_for(triggers.trackers.take(), 5) == ("ns", "s")


async def test_a_model_is_looked_at_when_it_or_its_job_changes() -> None:
    triggers = Triggers()
    triggers.stores.models.put(raw_model())
    assert await triggers.models.take() == ("ns", "digits")
    triggers.models.done(("ns", "digits"))
    model = begun()
    job = {
        "kind": "Job",
        "metadata": {
            "name": "digits-export",
            "namespace": "ns",
            "uid": "uid-job",
            "resourceVersion": "3",
            "creationTimestamp": "2026-01-01T00:00:00Z",
            "labels": {"nas-operator.io/model": model.meta.name},
        },
        "spec": {"template": {"spec": {"containers": []}}},
    }
    # The Jobs of trials are watched beside them: there it is nobody's.
    triggers.stores.jobs.put(job)
    assert len(triggers.models) == 0 and len(triggers.searches) == 0
    triggers.stores.exports.put(job)
    assert await triggers.models.take() == ("ns", "digits")


async def test_a_search_that_changes_may_have_a_model_to_publish() -> None:
    triggers = Triggers()
    triggers.stores.searches.put(raw_search())
    assert await triggers.publishers.take() == ("ns", "s")


async def test_a_search_that_trains_a_supernet_wakes_those_that_use_it() -> None:
    triggers = Triggers()
    user = raw_search(evaluation={"supernet": {"from": {"search": "first"}}}, storage=STORAGE)
    triggers.stores.searches.put(user)
    source = raw_search(evaluation={"supernet": {}}, storage=STORAGE, meta={"name": "first", "uid": "uid-first"})
    await settle(triggers)
    triggers.stores.searches.put(source)
    assert await settle(triggers) == {("ns", "first"), ("ns", "s")}
    plain = raw_search(meta={"name": "plain", "uid": "uid-plain"})
    triggers.stores.searches.put(plain)
    assert await settle(triggers) == {("ns", "plain")}
    triggers.stores.searches.remove(source)
    assert await settle(triggers) == {("ns", "first"), ("ns", "s")}


async def test_a_search_that_has_ended_wakes_those_that_learn_from_its_results() -> None:
    triggers = Triggers()
    learning = {"prefilter": {"predictor": {"from": {"searches": ["first"]}}}}
    triggers.stores.searches.put(raw_search(evaluation=learning))
    await settle(triggers)
    running = raw_search(meta={"name": "first", "uid": "uid-first"})
    triggers.stores.searches.put(running)
    assert await settle(triggers) == {("ns", "first")}
    ended = raw_search({"completionTime": stamp(START)}, {"name": "first", "uid": "uid-first", "resourceVersion": "2"})
    triggers.stores.searches.put(ended)
    assert await settle(triggers) == {("ns", "first"), ("ns", "s")}


async def test_a_model_wakes_the_searches_that_start_from_it() -> None:
    triggers = Triggers()
    starting = {"initFrom": {"model": "digits"}}
    triggers.stores.searches.put(raw_search(evaluation=starting, storage=STORAGE))
    triggers.stores.searches.put(raw_search(meta={"name": "plain", "uid": "uid-plain"}))
    await settle(triggers)
    triggers.stores.models.put(raw_model("digits"))
    assert await settle(triggers) == {("ns", "s")}


STORAGE = {"bucket": "nas", "secretRef": {"name": "s"}}


async def settle(triggers: Triggers) -> set[tuple[str, str]]:
    """Return the searches that want a look, and look at each."""
    found = set()
    while len(triggers.searches):
        key = await asyncio.wait_for(triggers.searches.take(), 5)
        triggers.searches.done(key)
        found.add(key)
    return found


async def test_a_change_of_what_is_used_is_for_the_status_of_the_policies_that_hold(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(triggers_module, "STATUS_DELAY_S", 0.0)
    triggers = Triggers()
    triggers.stores.jobs.put(job_of("s", 0))
    assert len(triggers.limits) == 0
    triggers.stores.namespaces.put(raw_namespace())
    for policy in (raw_policy("here"), raw_policy("elsewhere", namespace="other")):
        triggers.stores.policies.put(policy)
    assert len(triggers.limits) == 1, "one look at all that has changed"
    triggers.stores.jobs.put(complete(job_of("s", 0)))
    assert await asyncio.wait_for(triggers.policies.take(), 5) == ("", "here")
    assert len(triggers.policies) == 0


async def test_a_quota_wakes_the_searches_that_go_by_it() -> None:
    triggers = Triggers()
    elastic = search_named("elastic")
    elastic["spec"]["budget"]["minParallelTrials"] = 1
    for raw in (elastic, search_named("fixed")):
        triggers.stores.searches.put(raw)
        key = await triggers.searches.take()
        triggers.searches.done(key)
    triggers.stores.quotas.put(raw_quota({"pods": "4"}))
    assert len(triggers.searches) == 1 and await triggers.searches.take() == ("ns", "elastic")
    triggers.searches.done(("ns", "elastic"))
    triggers.stores.quotas.put(raw_quota({"pods": "4"}, version=2))
    assert len(triggers.searches) == 0, "nothing has changed"
