from __future__ import annotations

from datetime import UTC, datetime

from nas_core import layout


def test_a_root_holds_the_uid_so_that_no_two_searches_share_one() -> None:
    assert layout.search_root("/team/", "ns", "mnist", "u-1") == "team/ns/mnist/u-1"
    assert layout.search_root("", "ns", "mnist", "u-1") == "ns/mnist/u-1"


def test_a_trials_objects_lie_below_its_root() -> None:
    assert layout.result_key("r", "s-00001") == "r/trials/s-00001/result.json"
    assert layout.checkpoint_prefix("r", "s-00001") == "r/trials/s-00001/checkpoints/"


def test_checkpoints_sort_by_progress_not_by_attempt() -> None:
    early, within, late = (2, 0, 3), (2, 40, 1), (3, 0, 1)
    names = [layout.checkpoint_stem(*place) for place in (late, early, within)]
    assert sorted(names) == [layout.checkpoint_stem(*place) for place in (early, within, late)]


def test_weights_and_manifest_name_one_another_and_their_trial() -> None:
    weights = layout.checkpoint_prefix("r", "s-00001") + layout.checkpoint_stem(1, 0, 1) + ".safetensors"
    manifest = layout.manifest_key(weights)
    assert manifest == weights.replace(".safetensors", ".json")
    assert layout.weights_key(manifest) == weights
    assert layout.trial_of(f"s3://bucket/{weights}") == "s-00001"
    assert layout.trial_of("") == ""


def test_the_newest_entries_of_a_knowledge_base_come_first_where_no_search_can_be() -> None:
    early, late = (datetime(2026, month, 1, tzinfo=UTC) for month in (2, 11))
    prefix = layout.knowledge_prefix("/team/", "ns")
    keys = [layout.entry_key("team", "ns", "mnist", "u-1", created) for created in (late, early)]
    assert (
        sorted(keys)
        == keys
        == [
            f"{prefix}8206508799-mnist-u-1.json",
            f"{prefix}8230095999-mnist-u-1.json",
        ]
    )
    assert prefix == "team/ns/knowledge_base/"
