from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from nas_core.api.trial import NASTrialSpec, NASTrialStatus
from nas_core.records.search import ReadableSearch
from nas_local.errors import LocalRunError
from nas_local.home import Home
from nas_local.records import Records

SPEC: dict[str, Any] = {"task": {"dataset": {"name": "digits"}}, "budget": {"maxTrials": 4}}
TRIAL = NASTrialSpec.model_validate(
    {"index": 0, "basis": 0, "seed": 1, "candidates": [{"id": "a" * 16, "architecture": {}, "origin": "Random"}]}
)


def begin(tmp_path: Path, spec: dict[str, Any] = SPEC, name: str = "s") -> Records:
    return Records.open(Home(tmp_path), "default", name, spec)


def readable(records: Records) -> ReadableSearch:
    assert isinstance(records.search, ReadableSearch)
    return records.search


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    records = begin(tmp_path)
    trial = records.create(readable(records), TRIAL)
    records.write_trial(trial, NASTrialStatus(epoch=3))
    records.write_search(records.search.status.model_copy(update={"best_value": "0.5"}))
    again = begin(tmp_path)
    assert again.search == records.search
    assert [(t.meta, t.status.epoch) for t in again.trials] == [(t.meta, 3) for t in records.trials]
    assert again.trials[0].meta.owner_uid == again.search.meta.uid


def test_a_trial_that_is_there_is_not_made_again(tmp_path: Path) -> None:
    records = begin(tmp_path)
    assert records.create(readable(records), TRIAL).meta == records.create(readable(records), TRIAL).meta


def test_every_write_of_a_trial_has_a_later_version(tmp_path: Path) -> None:
    records = begin(tmp_path)
    trial = records.create(readable(records), TRIAL)
    records.write_trial(trial, NASTrialStatus())
    assert records.trials[0].meta.resource_version == trial.meta.resource_version + 1


def test_a_trial_is_deleted_once(tmp_path: Path) -> None:
    records = begin(tmp_path)
    trial = records.create(readable(records), TRIAL)
    records.delete(trial)
    records.delete(trial)
    assert begin(tmp_path).trials == ()


def test_a_raised_budget_is_an_update(tmp_path: Path) -> None:
    begin(tmp_path)
    more = begin(tmp_path, {**SPEC, "budget": {"maxTrials": 8}})
    assert (more.search.generation, readable(more).spec.budget.max_trials) == (2, 8)


def test_what_results_depend_on_changes_only_before_the_first_trial(tmp_path: Path) -> None:
    other = {**SPEC, "evaluation": {"epochs": 7}}
    begin(tmp_path)
    records = begin(tmp_path, other)
    records.write_search(records.search.status.model_copy(update={"first_trial_time": records.search.created}))
    begin(tmp_path, other)
    with pytest.raises(LocalRunError, match="has trials of another spec"):
        begin(tmp_path)


def test_a_folder_of_another_search_is_refused(tmp_path: Path) -> None:
    begin(tmp_path)
    with pytest.raises(LocalRunError, match="has the search default/s; name another folder"):
        begin(tmp_path, name="t")


@pytest.mark.parametrize("text", ["[", "just words", "[" * 5000])
def test_a_damaged_record_is_named(text: str, tmp_path: Path) -> None:
    begin(tmp_path)
    (tmp_path / "search.yaml").write_text(text)
    with pytest.raises(LocalRunError, match=r"search\.yaml cannot be read"):
        begin(tmp_path)


def test_the_files_are_for_people_too(tmp_path: Path) -> None:
    begin(tmp_path)
    text = (tmp_path / "search.yaml").read_text()
    assert text.startswith("# Addresses s3://this-machine/")
    assert yaml.safe_load(text)["kind"] == "NASSearch"
