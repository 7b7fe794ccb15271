"""`nasctl init` recognises what the trainer reads: each format of its table of readers, by the same files."""

from __future__ import annotations

import gzip
import io
import json
import struct
import tarfile
import wave
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from nas_client.errors import InvalidInput
from nas_client.looking import Seen, local, look
from nas_core.api.task import Dataset, Task
from nas_core.data_files import TABLES
from nas_trial.data.files import LocalFiles
from nas_trial.data.readers import READERS, guess
from nas_trial.process.stop import StopFlag


def seen(path: Path) -> Seen:
    return look(local(path), lambda _, proposed: proposed)


def png(side: int = 4) -> bytes:
    written = io.BytesIO()
    Image.new("L", (side, side), 200).save(written, "PNG")
    return written.getvalue()


def wav(seconds: int = 1) -> bytes:
    written = io.BytesIO()
    with wave.open(written, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(1000)
        file.writeframes(b"\0\1" * 1000 * seconds)
    return written.getvalue()


def fill(folder: Path, files: Mapping[str, bytes]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def media(ending: str, content: bytes) -> dict[str, bytes]:
    return {f"{name}/{k}{ending}": content for name in ("cat", "dog") for k in range(12)}


def tar(path: Path, files: Mapping[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def zipped(path: Path, files: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


ROWS = [{"acid": k % 7 + 0.5, "kind": "ab"[k % 2]} for k in range(40)]


def csv(rows: Sequence[Mapping[str, object]]) -> bytes:
    return "\n".join([",".join(rows[0]), *(",".join(map(str, row.values())) for row in rows)]).encode()


def parquet(rows: Sequence[Mapping[str, object]]) -> bytes:
    written = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([dict(row) for row in rows]), written)
    return written.getvalue()


def jsonl(rows: Sequence[Mapping[str, object]]) -> bytes:
    return "\n".join(map(json.dumps, rows)).encode()


def idx(folder: Path) -> Path:
    images = struct.pack(">IIII", 0x803, 40, 8, 8) + bytes(40 * 64)
    labels = struct.pack(">II", 0x801, 40) + bytes(range(2)) * 20
    files = {"train-images-idx3-ubyte.gz": gzip.compress(images), "train-labels-idx1-ubyte.gz": gzip.compress(labels)}
    return fill(folder, files)


def npz(path: Path, x: np.ndarray, y: np.ndarray, suffix: str = "") -> Path:
    arrays: dict[str, Any] = {f"x{suffix}": x, f"y{suffix}": y}
    np.savez(path, **arrays)
    return path


LABELS = np.arange(40) % 2
WRITE: Mapping[str, Callable[[Path], Path]] = {
    "npz": lambda path: npz(path / "data.npz", np.zeros((40, 3, 50)), LABELS, "_train"),
    "idx": lambda path: idx(path),
    "csv": lambda path: fill(path, {"a.csv": csv(ROWS)}) / "a.csv",
    "parquet": lambda path: fill(path, {"a.parquet": parquet(ROWS)}) / "a.parquet",
    "jsonl": lambda path: fill(path, {"a.jsonl": jsonl(ROWS)}) / "a.jsonl",
    "image-folder": lambda path: fill(path, media(".png", png())),
    "audio-folder": lambda path: fill(path, media(".wav", wav())),
    "text-folder": lambda path: fill(path, media(".txt", b"words of one thing")),
}
"""By `task.dataset.format`: what writes an example and returns where it is."""


def read_by_trainer(path: Path, task: Any) -> str:
    data = Task(type=task, dataset=Dataset(path=str(path)))
    return guess(LocalFiles(path, "task.dataset.path", StopFlag()), data)


def test_there_is_an_example_of_each_reader_of_the_trainer_and_each_format_of_the_api() -> None:
    assert WRITE.keys() == READERS.keys()
    assert WRITE.keys() == set(get_args(Dataset.model_fields["format"].annotation)) - {"auto"}


@pytest.mark.parametrize("name", READERS)
def test_each_format_of_the_trainer_is_recognised(name: str, tmp_path: Path) -> None:
    path = WRITE[name](tmp_path)
    found = seen(path)
    assert found.format == name == read_by_trainer(path, found.task)
    assert found.complete and found.examples in (24, 40)


@pytest.mark.parametrize("ending", [ending for endings in TABLES.values() for ending in endings])
def test_each_ending_of_a_table_is_read(ending: str, tmp_path: Path) -> None:
    kind = next(kind for kind, endings in TABLES.items() if ending in endings)
    content = {"csv": csv, "parquet": parquet, "jsonl": jsonl}[kind](ROWS)
    content = content.replace(b",", b"\t") if ".tsv" in ending else content
    path = fill(tmp_path, {f"a{ending}": gzip.compress(content) if ending.endswith(".gz") else content}) / f"a{ending}"
    assert (seen(path).format, seen(path).target, seen(path).task) == (kind, "kind", "tabular-classification")


@pytest.mark.parametrize("pack", [tar, zipped])
@pytest.mark.parametrize(
    ("files", "task"),
    [
        (media(".wav", wav()), "audio-classification"),
        (media(".png", png()), "image-classification"),
        ({"table.csv": csv(ROWS)}, "tabular-classification"),
        ({f"set/{k}.{end}": v for k in range(24) for end, v in (("wav", wav()), ("cls", b"ab"[k % 2 : k % 2 + 1]))},
         "audio-classification"),
    ],
    ids=["sounds", "images", "table", "webdataset"],
)  # fmt: skip
def test_archives(pack: Callable[..., Path], files: Mapping[str, bytes], task: str, tmp_path: Path) -> None:
    path = pack(tmp_path / ("data.tgz" if pack is tar else "data.zip"), files)
    assert seen(path).task == task
    assert seen(tmp_path).task == task  # in a folder


@pytest.mark.parametrize(
    ("columns", "task"),
    [
        ({"text": "words of one thing"}, "text-classification"),
        ({"comment": "words of one thing"}, "text-classification"),
        ({"image": "pictures/{k}.png"}, "image-classification"),
        ({"file": "pictures/{k}.png"}, "image-classification"),
        ({"sound": "sounds/{k}.wav"}, "audio-classification"),
        ({"file": "pictures/{k}.png", "age": "{age}"}, "multi-modal-classification"),
        ({"text": "words of one thing", "age": "{age}"}, "multi-modal-classification"),
    ],
)
@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_tables_of_texts_and_of_files(columns: Mapping[str, str], task: str, kind: str, tmp_path: Path) -> None:
    rows = [
        {name: (text if "{" in text else text + " {k}").format(k=k, age=k % 7) for name, text in columns.items()}
        | {"label": "ab"[k % 2]}
        for k in range(40)
    ]
    fill(tmp_path, {f"pictures/{k}.png": png() for k in range(40)})
    path = fill(tmp_path, {f"a.{kind}": csv(rows) if kind == "csv" else jsonl(rows)}) / f"a.{kind}"
    found = seen(path)
    assert found.task == task
    assert {name for name in columns if name not in ("text", "image", "audio", "age")} == set(found.columns.values())
    assert any("are not there" in note for note in found.notes) == ("sound" in columns)


@pytest.mark.parametrize(
    ("shape", "targets", "task"),
    [
        ((40, 8, 8, 3), LABELS, "image-classification"),
        ((40, 8, 8), LABELS, "image-classification"),
        ((40, 3, 50), LABELS, "time-series-classification"),
        ((40, 5), LABELS, "tabular-classification"),
        ((40, 5), np.linspace(0, 1, 40), "regression"),
        ((40, 8000), LABELS, "audio-classification"),
    ],
)
def test_arrays(shape: tuple[int, ...], targets: np.ndarray, task: str, tmp_path: Path) -> None:
    assert seen(npz(tmp_path / "a.npz", np.zeros(shape), targets)).task == task


def test_arrays_of_several_labels_and_of_texts(tmp_path: Path) -> None:
    flags = np.stack([LABELS, LABELS], 1)
    assert seen(npz(tmp_path / "a.npz", np.zeros((40, 5)), flags)).multi_label
    assert not seen(npz(tmp_path / "c.npz", np.zeros((40, 5)), np.eye(4)[np.arange(40) % 4])).multi_label, "one-hot"
    texts = np.array([f"text {k}" for k in range(40)])
    assert seen(npz(tmp_path / "b.npz", texts, np.array(["x", "y"])[LABELS])).task == "text-classification"


def test_series_that_may_lie_the_other_way_round(tmp_path: Path) -> None:
    turned = seen(npz(tmp_path / "a.npz", np.zeros((40, 50, 3)), LABELS)).notes
    assert "if they have 3 channels and 50 steps, save x.transpose(0, 2, 1)" in turned
    assert not any("transpose" in note for note in seen(npz(tmp_path / "b.npz", np.zeros((40, 3, 50)), LABELS)).notes)


def test_arrays_of_which_one_is_shorter(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"x has the shape \(40, 5\) and y \(39,\); give one label an example"):
        seen(npz(tmp_path / "a.npz", np.zeros((40, 5)), LABELS[1:]))


def test_a_test_split_of_the_data_is_seen(tmp_path: Path) -> None:
    files = {f"{part}/{name}": content for part in ("train", "test") for name, content in media(".png", png()).items()}
    found = seen(fill(tmp_path / "pictures", files))
    assert found.has_test and found.examples == 24
    tables = fill(tmp_path / "tables", {"wine.test.csv": csv(ROWS), "test.csv": csv(ROWS), "train.csv": csv(ROWS)})
    assert seen(tables).has_test
    assert not seen(tables / "train.csv").has_test


def test_images_of_several_sizes_are_scaled(tmp_path: Path) -> None:
    files = media(".png", png(16)) | {"cat/large.png": png(40)}
    assert seen(fill(tmp_path, files)).image_size == 16


def test_sounds_of_which_only_the_beginning_is_used(tmp_path: Path) -> None:
    found = seen(fill(tmp_path, media(".wav", wav(3))))
    assert "sounds last 3 s (median), of which 1 s is used; set dataset.audio.seconds" in found.notes


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"a.dat": b"x"}, "give a table"),
        ({"a.txt": b"x"}, "of the text files none is in a folder; .* or give a table that has the text and the class"),
        ({"cat/1.png": png()}, "all are in one folder, 'cat'"),
        ({"1.png": png()}, "of the image files none is in a folder"),
        ({"a.csv": b"version https://git-lfs.github.com/spec/v1"}, "a.csv is a pointer of Git LFS"),
        ({"a.npz": b"PK"}, "cannot be read"),
        ({"a.parquet": b"PAR1"}, "cannot be read as parquet"),
        ({"a.tar": b"x" * 600}, "cannot be read as an archive"),
        ({"a.csv": b"a;b\n1;2"}, "write commas"),
        ({"a.csv": b"a,b\n1,2,3"}, "row 1: has 3 fields and the header 2"),
        ({"a.csv": "ä,b\n1,2".encode("latin-1")}, "save the file as UTF-8"),
        ({"a.csv": "a,b\n1,2".encode("utf-16")}, "looks like UTF-16"),
        ({"a.csv": b"a,a\n1,2"}, "two columns are called 'a'"),
        ({"a.csv": b"a,b"}, "has no rows"),
        ({"a.csv": b"a\n1\n2"}, "has one column"),
        ({"a.jsonl": b"[1]"}, "is no JSON object"),
    ],
)  # fmt: skip
def test_what_cannot_be_learned_from_is_refused(files: Mapping[str, bytes], said: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=said):
        seen(fill(tmp_path, files))
