from __future__ import annotations

from datetime import timedelta

from tests.support.factories import START, raw_search
from tests.support.policies import complete, job_of

from nas_operator.kube.stores import Stores


def test_jobs_count_from_their_creation_to_their_end() -> None:
    changes: list[str] = []
    stores = Stores(on_use=changes.append)
    job = job_of("s", 0, gpus=2)
    stores.jobs.put(job)
    stores.jobs.put(job | {"metadata": job["metadata"] | {"resourceVersion": "2"}, "status": {"active": 1}})
    [held] = stores.unfinished.of("ns")
    assert (held.meta.name, held.gpus) == ("s-00000-a1", 2) and changes == ["ns"]
    stores.jobs.put(complete(job))
    assert list(stores.unfinished.of("ns")) == [] and changes == ["ns", "ns"]


def test_a_job_that_is_removed_counts_no_longer() -> None:
    stores = Stores()
    stores.jobs.put(job_of("s", 0))
    stores.jobs.put(complete(job_of("s", 1)))
    stores.jobs.remove(job_of("s", 0))
    stores.jobs.remove(complete(job_of("s", 1)))
    assert list(stores.unfinished.of("ns")) == []


def test_the_last_start_of_a_search_is_known_until_it_is_gone() -> None:
    stores = Stores()
    stores.searches.put(raw_search())
    for number, seconds in enumerate((5, 9, 7)):
        stores.jobs.put(job_of("s", number, created=START + timedelta(seconds=seconds)))
    stores.jobs.put(complete(job_of("s", 1, created=START + timedelta(seconds=9))))
    assert stores.unfinished.last_start(("ns", "s")) == START + timedelta(seconds=9)
    stores.searches.remove(raw_search())
    assert stores.unfinished.last_start(("ns", "s")) is None
