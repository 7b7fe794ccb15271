"""A search whose trials' input no annotation has room for is told so, before a Job is denied for it."""

from __future__ import annotations

import re
from typing import Any

from tests.support.factories import World, search

from nas_core.records.search import ReadableSearch, SearchView, UnreadableSearch
from nas_operator.manifests.job import build_job
from nas_plan.input_size import LIMIT
from nas_plan.resolve import resolve

NAMED = [f"{'c' * 125}{k:03}" for k in range(512)]
STORAGE = {"bucket": "nas", "secretRef": {"name": "nas-storage"}}
SPACE = {"decisions": [{"name": f"dec{k:03}", "choice": ["a", "b"]} for k in range(90)]}


def resolved(each: int, columns: dict[str, Any], **evaluation: Any) -> SearchView:
    dataset = {"uri": "s3://nas/table.csv", "columns": columns}
    evaluation = {"candidatesPerTrial": each, **evaluation}
    task = {"type": "tabular-classification", "dataset": dataset}
    asked = search(task=task, searchSpace=SPACE, evaluation=evaluation, storage=STORAGE, budget={"maxTrials": 100})
    return resolve(asked, None)


def test_too_many_candidates_a_trial_are_told_with_how_many_fit() -> None:
    columns = {"numeric": NAMED, "ignore": NAMED[:300]}
    told = resolved(64, columns)
    assert isinstance(told, UnreadableSearch) and told.reason == "InvalidSpec"
    found = re.fullmatch(
        r"spec\.evaluation\.candidatesPerTrial: with 64 a trial's input would take up to (\d+) bytes of the 262144 "
        r"that an annotation may have; set (\d+) or less",
        told.error,
    )
    assert found is not None and int(found[1]) > LIMIT - 24 * 1024 and 1 < int(found[2]) < 64
    fitting = resolved(int(found[2]), columns)
    assert isinstance(fitting, ReadableSearch)
    w = World(fitting)
    w.step()
    w.succeed("s-prepare-a1")
    w.step()
    assert len(w.trials["s-00000"].spec.candidates) == int(found[2])
    job = build_job(w.search.meta, w.search.spec, w.trials["s-00000"], 1, "trainer:1")
    annotations = job["spec"]["template"]["metadata"]["annotations"]
    assert LIMIT * 0.75 < sum(len(name) + len(value) for name, value in annotations.items()) < LIMIT


def test_a_description_without_room_for_any_candidate_is_told() -> None:
    columns = {"numeric": NAMED, "categorical": NAMED, "ignore": NAMED}
    told = resolved(1, columns, prefilter={})
    assert isinstance(told, UnreadableSearch)
    assert told.error.startswith("spec.searchSpace and spec.task: with them a trial's input would take up to")
    assert isinstance(resolved(1, {"numeric": NAMED}, prefilter={}), ReadableSearch)


def test_a_search_that_has_begun_goes_on() -> None:
    """What is measured cannot change after that; it is not measured again at each look."""
    begun = resolved(1, {})
    assert isinstance(begun, ReadableSearch)
    w = World(begun)
    w.step()
    assert w.search.status.plan is not None
    assert isinstance(resolve(w.search, None), ReadableSearch)
