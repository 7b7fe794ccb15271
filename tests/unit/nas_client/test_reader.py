"""The reader against a real HTTP server that answers as the API server does."""

from pathlib import Path

import pytest
from tests.unit.nas_client.conftest import Server, raw_search, raw_trial

from nas_client import ledger
from nas_client.errors import ApiUnreachable, InvalidInput, KubeconfigInvalid, SearchNotFound, SearchUnreadable
from nas_client.reader import Reader

BASE = "/apis/nas-operator.io/v1alpha1/namespaces/demo"


def test_reads_the_search_and_only_its_own_trials_in_order(server: Server, reader: Reader) -> None:
    server.answers[f"{BASE}/nassearches/fashion"] = 200, raw_search({})
    server.answers[f"{BASE}/nastrials"] = 200, {"items": [raw_trial(1), raw_trial(0)]}
    state = reader.read("fashion")
    assert [trial.meta.name for trial in state.trials] == ["fashion-00000", "fashion-00001"]
    assert server.asked[1][1]["labelSelector"] == ["nas-operator.io/search-uid=u1"]


def test_a_trial_says_of_which_search_it_is(server: Server, reader: Reader) -> None:
    trial = raw_trial(0)
    server.answers[f"{BASE}/nastrials/fashion-00000"] = 200, trial
    with pytest.raises(InvalidInput, match="'fashion-00000' is of no search"):
        reader.search_of("fashion-00000")
    trial["metadata"]["labels"] = {"nas-operator.io/search": "fashion"}
    assert reader.search_of("fashion-00000") == "fashion"


def test_a_missing_search_says_where_it_was_sought(reader: Reader) -> None:
    with pytest.raises(SearchNotFound, match="no NASSearch 'fashion' in namespace 'demo'"):
        reader.read("fashion")


def test_an_answer_of_no_is_final_and_an_overload_is_not(server: Server, reader: Reader) -> None:
    server.answers[f"{BASE}/nassearches/fashion"] = 403, {"reason": "Forbidden"}
    with pytest.raises(SearchUnreadable, match="403"):
        reader.read("fashion")
    server.answers[f"{BASE}/nassearches/fashion"] = 503, {}
    with pytest.raises(ApiUnreachable, match="503"):
        reader.read("fashion")


def test_nobody_listening_is_worth_another_try(server: Server, reader: Reader) -> None:
    server.server_close()
    server.shutdown()
    with pytest.raises(ApiUnreachable):
        reader.read("fashion")


def test_a_context_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(KubeconfigInvalid, match="--context"):
        Reader.connect(str(tmp_path / "none"), "nowhere", None)


def test_a_trial_whose_object_is_gone_is_of_the_search_that_its_name_says(server: Server, reader: Reader) -> None:
    kept = {"ledger": {"segments": 1, "trials": 5, "hash": "sha256:" + "0" * 64}}
    searches = [raw_search(status) for status in (kept, kept, {})]
    for raw, name in zip(searches, ("fashion", "fashion-b", "fashion-b-0"), strict=True):
        raw["metadata"]["name"] = name
    server.answers[f"{BASE}/nassearches"] = 200, {"items": searches}
    assert reader.search_of("fashion-b-00000") == "fashion-b"
    with pytest.raises(InvalidInput, match="no nastrial 'another-00000'"):
        reader.search_of("another-00000")


def test_what_the_ledger_has_and_cannot_be_read_is_told_beside_the_rest(
    server: Server, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(address: object) -> object:
        raise InvalidInput("a bucket needs boto3")

    monkeypatch.setattr(ledger, "open_bucket", away)
    raw = raw_search({"ledger": {"segments": 1, "trials": 5, "hash": "sha256:" + "0" * 64}})
    raw["spec"]["storage"] = {"bucket": "nas", "trialHistory": 5}
    server.answers[f"{BASE}/nassearches/fashion"] = 200, raw
    server.answers[f"{BASE}/nastrials"] = 200, {"items": [raw_trial(4)]}
    assert reader.read("fashion").missing == "", "all of them have an object"
    raw["spec"]["storage"]["trialHistory"] = 1
    state = reader.read("fashion")
    assert [trial.meta.name for trial in state.trials] == ["fashion-00004"]
    assert state.missing.startswith("older trials are missing here") and "a bucket needs boto3" in state.missing
    assert "AWS_ACCESS_KEY_ID" in state.missing
