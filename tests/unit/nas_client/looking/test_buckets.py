"""Data in a bucket are read in ranges and within bounds; a real server is in the integration tests."""

from __future__ import annotations

import io
from collections.abc import Mapping

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from nas_client.errors import InvalidInput
from nas_client.looking import Seen, address_of, buckets, in_bucket, look, places
from nas_storage.faults import NotFound


class FakeStore:
    """A bucket in memory, which counts the bytes that are read."""

    def __init__(self, objects: Mapping[str, bytes]) -> None:
        self.objects, self.read = objects, 0

    def tags(self, prefix: str) -> dict[str, str]:
        return {key: "" for key in sorted(self.objects) if key.startswith(prefix)}

    def part(self, key: str, start: int, size: int) -> tuple[bytes, int]:
        if key not in self.objects:
            raise NotFound(key)
        content = self.objects[key][start : start + size]
        self.read += len(content)
        return content, len(self.objects[key])


def seen(store: FakeStore, key: str) -> Seen:
    return look(in_bucket(store, f"s3://nas/{key}", key), lambda _, proposed: proposed)


def test_of_a_large_csv_a_part_is_read() -> None:
    store = FakeStore({"data/a.csv": b"x,class\n" + b"1.5,a\n2.5,b\n" * 4_000_000})
    found = seen(store, "data/a.csv")
    assert found.task == "tabular-classification" and not found.complete
    assert store.read < 20 << 20


def test_of_a_large_parquet_its_end_and_first_rows_are_read() -> None:
    written = io.BytesIO()
    table = pa.table({"x": [k / 7 for k in range(3_000_000)], "class": ["ab"[k % 2] for k in range(3_000_000)]})
    pq.write_table(table, written, compression="none", row_group_size=200_000)
    store = FakeStore({"data/a.parquet": written.getvalue()})
    found = seen(store, "data/a.parquet")
    assert found.format == "parquet" and not found.complete and found.examples == 10_000
    assert store.read < len(written.getvalue()) / 3


def test_a_file_that_would_have_to_be_read_whole_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buckets, "MOST_BYTES", 1 << 20)
    store = FakeStore({"a.csv": b"x,class\n" + b"1.5,a\n2.5,b\n" * 400_000})
    with pytest.raises(InvalidInput, match=r"a\.csv: to look at it more than 1 MiB would have to be read"):
        seen(store, "a.csv")


def test_folders_of_classes_of_which_some_keys_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "MOST_FILES", 30)
    monkeypatch.setattr(buckets, "MOST_FILES", 30)
    store = FakeStore({f"sounds/{name}/{k}.wav": b"RIFF" for name in ("a", "b", "c") for k in range(40)})
    found = seen(store, "sounds/")
    assert (found.task, found.examples, found.complete) == ("audio-classification", 30, False)
    assert found.notes[0] == "the first 30 files (audio) of 3 classes"


def test_nothing_is_there() -> None:
    with pytest.raises(InvalidInput, match="there is no file"):
        seen(FakeStore({}), "none/")


@pytest.mark.parametrize("data", ["s3://nas", "s3://nas/", "s3://N/a.csv"])
def test_an_address_needs_a_bucket_and_a_key(data: str) -> None:
    with pytest.raises(InvalidInput, match="s3://bucket/key"):
        address_of(data, {})


def test_the_server_is_that_of_the_environment() -> None:
    both = {"AWS_ENDPOINT_URL": "http://a:1", "AWS_ENDPOINT_URL_S3": "http://b:2", "AWS_DEFAULT_REGION": "eu-west-1"}
    address, key = address_of("s3://nas/data/a.csv", both)
    assert (address.endpoint, address.region, address.bucket, key) == ("http://b:2", "eu-west-1", "nas", "data/a.csv")
    with pytest.raises(InvalidInput, match="AWS_ENDPOINT_URL_S3"):
        address_of("s3://nas/a.csv", {"AWS_ENDPOINT_URL": "no server"})
