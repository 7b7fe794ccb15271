from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from nas_client.errors import InvalidInput
from nas_client.importing.entry import entry_of, name_of
from nas_client.importing.experiment import EarlierExperiment, EarlierTrial
from nas_client.importing.fit import fit
from nas_core.api.search import NASSearchSpec
from nas_core.records.knowledge import Entry, read_entry, write_entry
from nas_core.spaces import get_space

CREATED, ENDED = datetime(2024, 1, 2, tzinfo=UTC), datetime(2024, 1, 3, tzinfo=UTC)


def search() -> NASSearchSpec:
    return NASSearchSpec.model_validate(
        {
            "task": {"type": "image-classification", "dataset": {"name": "digits"}},
            "searchSpace": {"decisions": [{"name": "depth", "integer": {"min": 1, "max": 400}}]},
            "hyperparameters": [{"name": "learningRate", "real": {"min": "0.001", "max": "0.1"}}],
            "objectives": [{"metric": "val_loss", "goal": "minimize"}],
        }
    )


def made(trials: int, name: str = "mine", more: dict[str, float] | None = None, **changes: Any) -> Entry:
    spec = search()
    space = get_space(spec.search_space, spec.hyperparameters)
    known: dict[str, Any] = {"tool": "optuna", "name": "First study!", "identity": "id"} | changes
    source = EarlierExperiment(
        **known,
        created=CREATED,
        ended=ENDED,
        parameters={},
        goals={"val_loss": "minimize"},
        trials=tuple(
            EarlierTrial(
                place,
                "COMPLETE",
                True,
                {"depth": str(place + 1), "learningRate": "0.1"},
                {"val_loss": place, **(more or {})},
            )
            for place in range(trials)
        ),
    )
    return entry_of(source, fit(source, space, spec.objectives, {}, {}, {}), spec, space, name)


def test_an_entry_says_what_it_is_of() -> None:
    entry = made(6)
    assert read_entry(write_entry(entry)) == entry
    assert (entry.search, entry.origin, entry.task, entry.evaluation) == (
        "mine", "optuna", "image-classification", "train"
    )  # fmt: skip
    assert (entry.created, entry.ended) == (CREATED, ENDED)
    assert entry.decisions == ["depth", "learningRate"]
    # As the spec calls them: without the prefix of hyperparameters.
    assert entry.results[2].values == {"depth": "3", "learningRate": "0.1"}
    assert entry.results[2].metrics == {"val_loss": 2.0}
    assert entry.features == {}


def test_the_same_experiment_has_the_same_uid_under_one_name() -> None:
    first, again = made(5).uid, made(5).uid
    others = (made(5, "b"), made(5, identity="other"), made(5, tool="katib"))
    assert first == again and len({first, *(one.uid for one in others)}) == 4


def test_of_many_results_half_are_the_best() -> None:
    entry = made(400)
    assert len(entry.results) == 256
    assert [one.index for one in entry.results[:128]] == list(range(128))


def test_results_of_many_long_names_are_as_many_as_an_entry_has_bytes() -> None:
    entry = made(400, more={f"{place:02}" * 100: 0.5 for place in range(20)})
    assert 5 <= len(entry.results) < 256 and write_entry(entry)


def test_the_name_is_that_of_the_experiment_or_the_one_that_is_wanted() -> None:
    source = EarlierExperiment("optuna", "First Study (v2)", "id", CREATED, ENDED, {}, {}, ())
    assert name_of(source, None) == "first-study-v2"
    assert name_of(source, "mine") == "mine"
    for wrong in ("Mine", "a/b", "-a", "a" * 64):
        with pytest.raises(InvalidInput, match="give --as NAME"):
            name_of(source, wrong)
