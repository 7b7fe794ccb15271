from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer

from nas_core.api.task import Task
from nas_model.preprocessing.forms import ClassesForm, NumbersForm
from nas_trial.data.prepared import make as making
from nas_trial.data.prepared.make import Made, Maker
from nas_trial.data.raw import RawData, in_memory, table
from nas_trial.errors import DatasetInvalid, Stopped

Options = dict[str, Any]


def nothing(what: str, rows: int) -> None:
    """Listen to no progress."""


def make(directory: Path, data: RawData, kind: str = "tabular-classification", seed: int = 0, **dataset: Any) -> Made:
    task = Task.model_validate({"type": kind, "dataset": {"path": "/d", **dataset}})
    directory.mkdir(exist_ok=True)
    return Maker(task, seed, directory, nothing).make(data)


@pytest.fixture
def patients() -> RawData:
    x, y = load_breast_cancer(return_X_y=True)
    return in_memory(table(x), y, "patients")


def test_shards_hold_the_rows_of_the_source(patients: RawData, tmp_path: Path) -> None:
    made = make(tmp_path, patients)
    x, train, val = patients.inputs["numeric"], made.prepared.train, made.prepared.val
    assert {path.name.split("-")[0] for path in tmp_path.iterdir()} == {"train", "val"}, "the spool is gone"
    learned = train.rows()
    assert sorted([*learned, *val.rows()]) == list(range(569))
    assert (train.targets() == patients.targets[learned]).all()
    expected = (x - x[learned].mean(0)) / x[learned].std(0)
    for shards in (train, val):
        found = shards.read(np.arange(len(shards)))["numeric"]
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, expected[shards.rows()], rtol=1e-4, atol=1e-5)


def test_training_rows_are_in_an_order_drawn_from_the_seed(patients: RawData, tmp_path: Path) -> None:
    one, same, other = (
        make(tmp_path / str(k), patients, seed=seed).prepared.train.rows() for k, seed in enumerate((0, 0, 1))
    )
    assert one.tolist() == same.tolist() != sorted(one)
    assert other.tolist() != one.tolist()


def test_the_same_data_gives_the_same_bytes(patients: RawData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "SHARD_BYTES", 10_000)
    files = []
    for name in ("a", "b"):
        make(tmp_path / name, patients)
        files.append({path.name: path.read_bytes() for path in (tmp_path / name).glob("*-0*.arrow")})
    assert files[0] == files[1] and len(files[0]) > 5


@pytest.mark.parametrize("kind", ["image", "text"])
def test_nothing_depends_on_the_size_of_a_shard(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    inputs: Options = {"image": rng.integers(0, 256, (60, 3, 110, 110), np.uint8)}
    if kind == "text":
        inputs = {"text": np.array([f"word{k % 7} and {k}" for k in range(60)], object)}
    data = in_memory(inputs, np.arange(60) % 2, "here")
    whole = make(tmp_path / "a", data, f"{kind}-classification").prepared
    monkeypatch.setattr(making, "SHARD_BYTES", 100_000 if kind == "image" else 5_000)
    cut = make(tmp_path / "b", data, f"{kind}-classification").prepared
    assert len(whole.train.names) == 1 and len(cut.train.names) > 2
    assert whole.preprocessing == cut.preprocessing and whole.hash == cut.hash
    every = np.arange(len(whole.train))
    np.testing.assert_array_equal(whole.train.read(every)[kind], cut.train.read(every)[kind])
    if kind == "image":
        np.testing.assert_array_equal(whole.train.read(every)["image"], inputs["image"][whole.train.rows()])


def test_images_that_have_lost_detail_are_kept_as_such(tmp_path: Path) -> None:
    smooth = np.add.outer(np.arange(128), np.arange(128)).astype(np.uint8)
    images = np.stack([np.stack([smooth + k, smooth, smooth.T]) for k in range(40)])
    data = in_memory({"image": images}, np.arange(40) % 2, "here", lossy=True)
    train = make(tmp_path, data, "image-classification").prepared.train
    assert sum(path.stat().st_size for path in tmp_path.glob("train-*")) < images.nbytes / 5
    difference = train.read(np.arange(len(train)))["image"].astype(int) - images[train.rows()]
    assert np.abs(difference).mean() < 3


def test_the_bits_that_were_kept_are_told(tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 256, (40, 1, 4, 4), np.uint8)
    data = in_memory({"image": images}, np.arange(40) % 2, "here", bits=12)
    image = make(tmp_path, data, "image-classification").prepared.preprocessing.image
    assert image is not None and image.bits == 12


def test_times_as_targets_keep_their_differences(tmp_path: Path) -> None:
    seconds = 1.7e9 + np.arange(80.0)
    data = in_memory(table(np.random.default_rng(0).normal(size=(80, 2))), seconds, "here")
    made = make(tmp_path, data, "regression")
    train, target = made.prepared.train, made.prepared.preprocessing.target
    assert len(np.unique(np.concatenate([train.targets(), made.prepared.val.targets()]))) == 80
    assert isinstance(target, NumbersForm)
    assert target.mean[0] == pytest.approx(train.targets().mean(), rel=1e-15)
    assert target.deviation[0] == pytest.approx(train.targets().std(), rel=1e-9)


def test_statistics_are_those_of_the_training_rows(patients: RawData, tmp_path: Path) -> None:
    made = make(tmp_path, patients)
    numeric = made.prepared.preprocessing.numeric
    assert numeric is not None and isinstance(made.prepared.preprocessing.target, ClassesForm)
    x = patients.inputs["numeric"][made.parts.train]
    np.testing.assert_allclose(numeric.mean, x.mean(0), rtol=1e-12)
    np.testing.assert_allclose(numeric.deviation, x.std(0), rtol=1e-9)


def test_an_index_of_sorted_rows_is_told(tmp_path: Path) -> None:
    x = np.stack([np.arange(120.0), np.random.default_rng(0).normal(size=120)], 1)
    columns = {"numeric": ("Unnamed: 0", "noise"), "categorical": ()}
    data = in_memory(table(x), np.repeat([0, 1], 60), "here", columns=columns)
    told = [warning for warning in make(tmp_path, data).prepared.warnings if "gives the target away" in warning]
    assert len(told) == 1 and "column 'Unnamed: 0'" in told[0] and "columns.ignore" in told[0]


def test_classes_that_were_written_in_two_ways_are_told(tmp_path: Path) -> None:
    x, names = np.random.default_rng(0).normal(size=(120, 2)), np.array(["cat", "Cat ", "dog"] * 40)
    said = "here: classes 'Cat ' and 'cat' differ only in capitals or spaces, and count as two"
    assert said in make(tmp_path, in_memory(table(x), names, "here")).prepared.warnings


def test_texts_of_unknown_words_are_told(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    texts = np.array([" ".join(f"w{k}" for k in rng.integers(0, 10**9, 5)) for _ in range(100)], object)
    data = in_memory({"text": texts}, np.arange(100) % 2, "here")
    assert any("100% of the tokens of" in w for w in make(tmp_path, data, "text-classification").prepared.warnings)


def test_a_test_split_that_lies_apart(patients: RawData, tmp_path: Path) -> None:
    x, y = patients.inputs["numeric"], patients.targets
    apart = in_memory(table(x[390:]), y[390:], "apart")
    prepared = make(tmp_path, in_memory(table(x[:400]), y[:400], "here", test=lambda: apart)).prepared
    assert not list(tmp_path.glob("test*")), "it is not looked at before it is asked for"
    test = prepared.read_test()
    assert test is not None and test.rows().tolist() == list(range(179))
    numeric = prepared.preprocessing.numeric
    assert numeric is not None
    expected = (x[390:] - numeric.mean) / numeric.deviation
    np.testing.assert_allclose(test.read(np.arange(179))["numeric"], expected, rtol=1e-4, atol=1e-5)


def test_two_test_splits_are_refused(patients: RawData, tmp_path: Path) -> None:
    """One of them would else be left out without a word."""
    x, y = patients.inputs["numeric"], patients.targets
    marked = np.where(np.arange(len(y)) < 500, "train", "test")
    data = replace(in_memory(table(x), y, "here", test=lambda: in_memory(table(x), y, "apart")), given=marked)
    with pytest.raises(DatasetInvalid, match="here: has rows marked as test, and a test split in files"):
        make(tmp_path, data)


def test_a_test_split_of_another_shape_is_refused(patients: RawData, tmp_path: Path) -> None:
    x, y = patients.inputs["numeric"], patients.targets
    data = in_memory(table(x), y, "here", test=lambda: in_memory(table(x[:, :3]), y, "apart"))
    with pytest.raises(DatasetInvalid, match=r"apart: a test example has numeric of shape \(3,\) and type float64,"):
        make(tmp_path, data).prepared.read_test()


def test_a_test_split_of_another_type_is_refused(tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 256, (60, 1, 4, 4), np.uint8)
    apart = in_memory({"image": (images / 255).astype(np.float32)}, np.arange(60) % 2, "apart")
    data = in_memory({"image": images}, np.arange(60) % 2, "here", test=lambda: apart)
    prepared = make(tmp_path, data, "image-classification").prepared
    with pytest.raises(DatasetInvalid, match=r"and type float32, a training example image of shape .* and type uint8"):
        prepared.read_test()


def test_a_test_split_of_other_targets_is_refused(tmp_path: Path) -> None:
    x, y = np.random.default_rng(0).normal(size=(60, 2, 3))[:, 0], np.random.default_rng(1).normal(size=(60, 2))
    for targets, shape in ((y[:, 0], r"\(\)"), (np.hstack([y, y]), r"\(4,\)")):
        data = in_memory(table(x), y, "here", test=lambda y=targets: in_memory(table(x), y, "apart"))
        prepared = make(tmp_path, data, "regression").prepared
        with pytest.raises(DatasetInvalid, match=rf"apart: a test example has target of shape {shape} and type float6"):
            prepared.read_test()


def test_images_that_are_nearly_black_are_told(tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 16, (40, 3, 4, 4), np.uint8)
    data = in_memory({"image": images}, np.arange(40) % 2, "here", form="4x4 pixels of 8 bits in colour")
    assert any(
        "above 15 of 255" in warning for warning in make(tmp_path, data, "image-classification").prepared.warnings
    )


@pytest.mark.parametrize("name", ["spool.arrow", "train-00000.arrow", "test-spool.arrow", "test-00000.arrow"])
def test_a_full_disk_is_told(name: str, patients: RawData, tmp_path: Path) -> None:
    (tmp_path / name).symlink_to("/dev/full")
    x, y = patients.inputs["numeric"], patients.targets
    data = in_memory(table(x), y, "here", test=lambda: in_memory(table(x[::2]), y[::2], "here"))
    with pytest.raises(DatasetInvalid, match="here: there is no room for it on the disk of"):
        make(tmp_path, data).prepared.read_test()


def test_shards_of_long_texts_have_few_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = np.array([f"word{k} {'x' * 5_000}" for k in range(100)], object)
    data = in_memory({"text": texts}, np.arange(100) % 2, "here")
    monkeypatch.setattr(making, "SHARD_BYTES", 100_000)
    train = make(tmp_path, data, "text-classification", text={"length": 8}).prepared.train
    assert max(train.counts) <= 20, "100,000 bytes of texts, not of tokens"


def test_the_test_split_is_read_once_and_what_it_repeats_is_told(patients: RawData, tmp_path: Path) -> None:
    x, y = patients.inputs["numeric"], patients.targets
    asked = []

    def apart() -> RawData:
        asked.append(1)
        return in_memory(table(x[390:]), y[390:], "apart")

    made = make(tmp_path, in_memory(table(x[:400]), y[:400], "here", test=apart))
    held = made.held_out()
    assert held is not None and held.shards is made.prepared.read_test() and asked == [1]
    assert held.repeating == 10
    assert held.warnings == ("apart: 10 of 179 test rows equal rows that are trained on",)
    assert not (tmp_path / "test-spool.arrow").exists()


def test_it_can_be_stopped(patients: RawData, tmp_path: Path) -> None:
    def stop(what: str, rows: int) -> None:
        if what == "written":
            raise Stopped

    task = Task.model_validate({"type": "tabular-classification", "dataset": {"path": "/d"}})
    with pytest.raises(Stopped):
        Maker(task, 0, tmp_path, stop).make(patients)


def test_several_numbers_as_targets(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    y = rng.normal([0, 1e9], [1, 10], (100, 2))
    task = Task.model_validate({"type": "regression", "dataset": {"path": "/d", "targets": ["a", "b"]}})
    data = in_memory(
        table(rng.normal(size=(100, 3))), y, "here", columns={"numeric": ("u", "v", "w"), "target": ("a", "b")}
    )
    prepared = Maker(task, 0, tmp_path, nothing).make(data).prepared
    assert prepared.train.targets().dtype == np.float64
    assert (prepared.train.targets() == y[prepared.train.rows()]).all()
    target = prepared.preprocessing.target
    assert isinstance(target, NumbersForm) and prepared.preprocessing.outputs == 2 and target.columns == ("a", "b")
    np.testing.assert_allclose(target.deviation, prepared.train.targets().std(0), rtol=1e-9)


def test_several_labels_as_targets(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, (100, 3))
    task = Task.model_validate({"multiLabel": True, "dataset": {"path": "/d"}})
    data = in_memory({"image": rng.integers(0, 256, (100, 1, 4, 4), np.uint8)}, y, "here")
    prepared = Maker(task, 0, tmp_path, nothing).make(data).prepared
    assert (prepared.val.targets() == y[prepared.val.rows()]).all()
    assert prepared.preprocessing.outputs == 3 and prepared.preprocessing.target.kind == "labels"
