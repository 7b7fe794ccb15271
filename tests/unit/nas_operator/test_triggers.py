from __future__ import annotations

import asyncio

from tests.support.factories import raw_space

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
