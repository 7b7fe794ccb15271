from __future__ import annotations

from tests.support.policies import raw_namespace, raw_policy, search_named

from nas_operator.kube.store import SearchKey
from nas_operator.kube.stores import Stores
from nas_operator.limits.changes import LimitChanges

KEY = ("", "")


class Bench:
    def __init__(self) -> None:
        self.stores = Stores()
        self.searches: list[SearchKey] = []
        self.policies: list[SearchKey] = []
        self.changes = LimitChanges(self.stores, self.searches.append, self.policies.append)
        for name in ("ns", "other"):
            self.stores.namespaces.put(raw_namespace(name))
        ended = search_named("ended") | {"status": {"completionTime": "2026-01-01T00:00:00Z"}}
        for raw in (search_named("s"), ended):
            self.stores.searches.put(raw)

    async def woken(self) -> list[SearchKey]:
        self.searches.clear()
        await self.changes.reconcile(KEY)
        return list(self.searches)


async def test_searches_look_again_when_other_limits_hold_for_them() -> None:
    bench = Bench()
    assert await bench.woken() == []
    bench.stores.policies.put(raw_policy())
    assert await bench.woken() == [("ns", "s")] and bench.policies == [("", "team")]
    assert await bench.woken() == [], "nothing has changed since"
    bench.stores.policies.put(raw_policy(version=2, maxParallelTrials=1))
    assert await bench.woken() == [("ns", "s")]
    bench.stores.policies.remove(raw_policy(version=3))
    assert await bench.woken() == [("ns", "s")]


async def test_labels_of_a_namespace_decide_what_holds() -> None:
    bench = Bench()
    bench.stores.policies.put(raw_policy(namespaceSelector={"matchLabels": {"team": "vision"}}))
    assert await bench.woken() == []
    bench.stores.namespaces.put(raw_namespace("other", 2, team="vision"))
    assert await bench.woken() == []
    bench.stores.namespaces.put(raw_namespace("ns", 2, team="vision"))
    assert await bench.woken() == [("ns", "s")]
