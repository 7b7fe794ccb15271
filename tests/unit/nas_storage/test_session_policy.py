"""What a session may do: everything that a trial reads and writes, and no object of another trial or search."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from typing import Any

import pytest
from tests.support.trials import trial_input

from nas_core.contract import TrialInput
from nas_storage.session_policy import POLICY_LENGTH, NoPolicy, policy_document, reach_of

ROOT = "teams/ns/search/uid"
OWN = f"{ROOT}/trials/search-00003"
STORAGE = {"bucket": "nas", "root": ROOT, "endpoint": "http://s3"}


def given(**changes: Any) -> TrialInput:
    raw = trial_input(storage=STORAGE, **changes).to_dict()
    raw["identity"]["trial"] = "search-00003"
    return TrialInput.model_validate(raw)


class Rights:
    """A policy, asked as a server asks it."""

    def __init__(self, trial: TrialInput) -> None:
        self.policy = json.loads(policy_document(reach_of(trial)))

    def allows(self, action: str, key: str, bucket: str = "nas") -> bool:
        resource = f"arn:aws:s3:::{bucket}/{key}"
        return any(
            f"s3:{action}" in statement["Action"]
            and any(fnmatchcase(resource, pattern) for pattern in statement["Resource"])
            for statement in self.policy["Statement"]
        )

    def lists(self, prefix: str, bucket: str = "nas") -> bool:
        return any(
            fnmatchcase(prefix, pattern)
            for statement in self.policy["Statement"]
            if statement["Action"] == ["s3:ListBucket"] and statement["Resource"] == [f"arn:aws:s3:::{bucket}"]
            for pattern in statement["Condition"]["StringLike"]["s3:prefix"]
        )


OTHERS = (
    f"{ROOT}/trials/search-00004/result.json",
    f"{ROOT}/trials/search-000031/result.json",
    f"{ROOT}/ledger/head.json.gz",
    f"{ROOT}/report.html",
    "teams/ns/other/uid/trials/other-00003/result.json",
    "teams/ns/models/m/v1-uid/result.json",
    "teams/elsewhere/search/uid/trials/search-00003/result.json",
)
INPUTS: dict[str, TrialInput] = {
    "train": given(),
    "prepare": given(work="Prepare"),
    "supernet": given(work="Supernet"),
    "with shared weights": given(supernet=f"s3://nas/{ROOT}/trials/search-supernet/checkpoints/e1.safetensors"),
    "a rung": given(continues="search-00002-e3"),
    "of data": given(task={"dataset": {"uri": "s3://nas/data/set"}}),
}


@pytest.mark.parametrize("name", INPUTS)
def test_a_trial_has_its_own_folder_and_no_others(name: str) -> None:
    rights = Rights(INPUTS[name])
    for action in ("GetObject", "PutObject", "DeleteObject", "AbortMultipartUpload"):
        assert rights.allows(action, f"{OWN}/checkpoints/e1.json")
        assert not [key for key in OTHERS if rights.allows(action, key)]
    assert rights.lists(f"{OWN}/checkpoints/") and not [key for key in OTHERS if rights.lists(key)]
    assert not any(rights.lists(prefix) for prefix in ("", "teams/", f"{ROOT}/", f"{ROOT}/trials/"))
    assert not rights.allows("GetObject", f"{OWN}/x", bucket="other")
    actions = {action for statement in rights.policy["Statement"] for action in statement["Action"]}
    assert all(action.startswith("s3:") and "*" not in action for action in actions)


def test_what_others_have_made_for_it_is_read_and_not_written() -> None:
    weights = f"{ROOT}/trials/search-supernet/checkpoints/e1"
    rights = Rights(given(supernet=f"s3://nas/{weights}.safetensors", prepared="s3://nas/teams/ns/datasets/abc/"))
    for key in (f"{weights}.safetensors", f"{weights}.json", "teams/ns/datasets/abc/manifest.json"):
        assert rights.allows("GetObject", key) and rights.lists(key)
        assert not rights.allows("PutObject", key) and not rights.allows("DeleteObject", key)
    assert not rights.allows("GetObject", f"{weights}2.json")
    assert not rights.allows("GetObject", "teams/ns/datasets/abcd/manifest.json")


def test_a_rung_reads_all_those_below_it() -> None:
    rights = Rights(given(continues="search-00002-e3"))
    for name in ("search-00002", "search-00002-e3", "search-00002-e9"):
        assert rights.allows("GetObject", f"{ROOT}/trials/{name}/checkpoints/e1.json")
        assert not rights.allows("PutObject", f"{ROOT}/trials/{name}/checkpoints/e1.json")
    assert not rights.allows("GetObject", f"{ROOT}/trials/search-000021/result.json")


def test_prepared_data_are_added_where_only_the_data_tell_and_never_deleted() -> None:
    rights = Rights(given(work="Prepare"))
    assert rights.allows("PutObject", "teams/ns/datasets/abc/manifest.json") and rights.lists("teams/ns/datasets/abc/")
    assert not rights.allows("DeleteObject", "teams/ns/datasets/abc/manifest.json")
    assert not rights.allows("PutObject", "teams/ns2/datasets/abc/manifest.json")


def test_a_model_is_written_from_what_its_trial_has_left() -> None:
    source = {"trial": "search-r9-abc", "bundle": f"s3://nas/{ROOT}/trials/search-r9-abc/bundle/a001/"}
    prefix = "teams/ns/models/m/v1-uid/"
    rights = Rights(given(work="Export", model={"name": "m", "version": "v1", "prefix": prefix, "source": source}))
    assert rights.allows("PutObject", f"{prefix}result.json")
    bundle = f"{ROOT}/trials/search-r9-abc/bundle/a001/bundle.json"
    assert rights.allows("GetObject", bundle) and not rights.allows("PutObject", bundle)
    assert not rights.allows("GetObject", f"{OWN}/result.json")


@pytest.mark.parametrize(
    ("uri", "read", "not_read"),
    [
        ("s3://raw/set", ["set", "set/a/1.png"], ["set2/1.png"]),
        ("s3://raw/set/", ["set/a/1.png"], ["set2/1.png"]),
        # What a table names lies beside it.
        ("s3://raw/set/t.csv", ["set/t.csv", "set/images/1.png"], ["other/1.png"]),
        ("s3://raw/t.csv", ["t.csv"], ["u.csv"]),
    ],
)
def test_data_are_read_as_far_as_they_reach(uri: str, read: list[str], not_read: list[str]) -> None:
    rights = Rights(given(task={"dataset": {"uri": uri}}))
    assert all(rights.allows("GetObject", key, "raw") for key in read)
    assert rights.lists(uri.removeprefix("s3://raw/"), "raw") and not rights.lists("", "raw")
    assert not any(rights.allows("GetObject", key, "raw") for key in not_read)
    assert not any(rights.allows("PutObject", key, "raw") for key in read)
    prepared = Rights(given(task={"dataset": {"uri": uri}}, prepared="s3://nas/teams/ns/datasets/abc/"))
    assert not any(prepared.allows("GetObject", key, "raw") for key in read)


def test_published_files_are_read() -> None:
    rights = Rights(given(evaluation={"epochs": 1, "initFrom": {"uri": "s3://zoo/net.safetensors"}}))
    assert rights.allows("GetObject", "net.safetensors", "zoo") and rights.lists("net.safetensors", "zoo")
    bundle = Rights(given(evaluation={"epochs": 1, "initFrom": {"uri": "s3://nas/teams/ns/models/a/1-u/0a1b/"}}))
    assert bundle.allows("GetObject", "teams/ns/models/a/1-u/0a1b/weights.safetensors")
    assert not bundle.allows("GetObject", "teams/ns/models/b/1-u/0a1b/weights.safetensors")
    assert not bundle.allows("PutObject", "teams/ns/models/a/1-u/0a1b/weights.safetensors")
    table = given(evaluation={"epochs": 1, "benchmark": {"uri": "s3://zoo/t.csv"}})
    assert Rights(table).allows("GetObject", "t.csv", "zoo")


@pytest.mark.parametrize("uri", ["s3://nas/teams", "s3://nas/teams/ns/", f"s3://nas/{ROOT}", "s3://nas/teams/ns/t.csv"])
def test_data_among_the_results_of_all_are_refused(uri: str) -> None:
    with pytest.raises(NoPolicy, match="where the results of all trials are too; put the data elsewhere"):
        reach_of(given(task={"dataset": {"uri": uri}}))


def test_a_bundle_among_the_results_of_all_is_refused() -> None:
    with pytest.raises(NoPolicy, match=r"evaluation\.initFrom\.uri .* where the results of all trials are too"):
        reach_of(given(evaluation={"epochs": 1, "initFrom": {"uri": "s3://nas/teams/"}}))


@pytest.mark.parametrize(
    "address",
    [
        "s3://nas/", "s3://nas/teams/", "s3://nas/teams/ns/", "s3://nas/teams/ns/datasets/",
        "s3://nas/teams/ns/datasets/*/", f"s3://nas/{ROOT}/", "s3://other/teams/ns/datasets/abc/",
        "s3://nas/teams/ns2/datasets/abc/", "s3://nas/teams/ns/datasets/../", "teams/ns/datasets/abc/",
    ],
)  # fmt: skip
def test_what_a_trial_says_of_prepared_data_does_not_widen_what_others_read(address: str) -> None:
    with pytest.raises(NoPolicy, match="correct its image, and delete the trial"):
        reach_of(given(prepared=address))


@pytest.mark.parametrize(
    "key",
    [
        f"{ROOT}/trials/search-00004/result.json", f"{ROOT}/ledger/head.safetensors",
        f"{ROOT}/trials/*/checkpoints/e1.safetensors", "teams/ns2/s/u/trials/s-supernet/checkpoints/e1.safetensors",
    ],
)  # fmt: skip
def test_nor_does_what_it_says_of_shared_weights(key: str) -> None:
    with pytest.raises(NoPolicy, match="where such objects of the namespace are not kept"):
        reach_of(given(supernet=f"s3://nas/{key}"))
    other = "teams/ns/other/uid2/trials/other-supernet/checkpoints/e1.safetensors"
    assert Rights(given(supernet=f"s3://nas/{other}")).allows("GetObject", other)


@pytest.mark.parametrize("uri", ["s3://nas/data/*", "s3://nas/a?", "s3://nas/${aws:username}"])
def test_a_key_that_a_policy_takes_for_a_pattern_is_refused(uri: str) -> None:
    with pytest.raises(NoPolicy, match=r"task\.dataset\.uri .* give the objects another key"):
        reach_of(given(task={"dataset": {"uri": uri}}))


def test_a_policy_that_no_server_takes_is_refused() -> None:
    long = trial_input(storage=STORAGE | {"root": "p" * 900})
    with pytest.raises(NoPolicy, match=r"servers take 2,048; shorten storage\.prefix"):
        policy_document(reach_of(long))
    # With a prefix of usual length there is room for all of it.
    all_of_it = given(
        continues="search-00002-e3",
        prepared=f"s3://nas/teams/ns/datasets/{'a' * 64}/",
        evaluation={"epochs": 1, "initFrom": {"uri": "s3://zoo/net.safetensors"}},
    )
    assert len(policy_document(reach_of(all_of_it))) < POLICY_LENGTH


def test_the_partition_is_that_of_the_cloud() -> None:
    assert "arn:aws-cn:s3:::nas/" in policy_document(reach_of(given()), "aws-cn")
