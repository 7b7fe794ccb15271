from __future__ import annotations

import json

import pytest
from tests.support.held_files import HeldFiles
from tests.unit.nas_trial.data.test_audio import tone
from tests.unit.nas_trial.data.test_images import deep_png, png

from nas_core.api.task import Task
from nas_core.data_files import TEXT_BYTES
from nas_trial.data import folder
from nas_trial.data.raw import RawData
from nas_trial.errors import DatasetInvalid

TASK = Task.model_validate({"dataset": {"path": "/d", "audio": {"seconds": "0.1", "rate": 8000}}})


def classes(data: RawData) -> list[str]:
    assert data.labels is not None
    return [data.labels[place] for place in data.targets]


def test_folders_are_classes() -> None:
    files = HeldFiles({"cat/1.png": png(), "dog/1.png": png(), "dog/2.png": png(), "readme.txt": ""})
    data = folder.read(files, "image", TASK)
    assert data.inputs["image"].shape == (3, 1, 4, 6)
    assert classes(data) == ["cat", "dog", "dog"]
    assert data.row(2) == "dog/2.png"
    assert data.given is None and data.test is None


def test_sounds_lie_in_folders_as_well() -> None:
    data = folder.read(HeldFiles({"no/1.wav": tone(), "yes/1.flac": tone(form="FLAC")}), "audio", TASK)
    assert data.inputs["audio"].shape == (2, 800)


def test_texts_lie_in_folders_as_well() -> None:
    contents = {"pos/1.txt": b"gut", "pos/2.TXT": b"\xef\xbb\xbfgood", "neg/1.txt": b"schl\xe4cht", "a.txt": b"x"}
    data = folder.read(HeldFiles(contents), "text", TASK)
    assert data.inputs["text"].tolist() == ["schlächt", "gut", "good"]
    assert classes(data) == ["neg", "pos", "pos"] and "1 text files in no folder of a class" in data.warnings[0]


def test_a_text_that_is_too_long_is_named() -> None:
    contents = {"pos/1.txt": b"x" * (TEXT_BYTES + 1), "neg/1.txt": b"y"}
    with pytest.raises(DatasetInvalid, match=r"s3://b/m/pos/1\.txt: has more than 1 MiB; one file is one text"):
        _ = folder.read(HeldFiles(contents), "text", TASK).inputs


def test_the_given_splits() -> None:
    contents = {"train/cat/1.png": png(), "train/dog/1.JPG": png(), "val/cat/1.png": png(), "cat/loose.png": png()}
    files = HeldFiles(contents | {"test/cat/9.png": png(mode="RGB"), "test/dog/9.png": png()})
    data = folder.read(files, "image", TASK)
    assert classes(data) == ["cat", "dog", "cat"]
    assert data.given is not None and data.given.tolist() == ["train", "train", "val"]
    assert not any(name.startswith("test") for name in files.fetched)
    assert data.test is not None
    test = data.test()
    assert classes(test) == ["cat", "dog"] and test.inputs["image"].shape == (2, 1, 4, 6)


def test_all_splits_fill_the_bits_of_the_training_images() -> None:
    contents = {"train/cat/1.png": deep_png(4095), "train/dog/1.png": deep_png(40), "test/dog/1.png": deep_png(1000)}
    data = folder.read(HeldFiles(contents), "image", TASK)
    assert data.bits == 12 and data.test is not None
    assert data.inputs["image"].max() == 255 and data.test().inputs["image"].max() == 1000 >> 4


def test_pairs_of_an_image_and_its_class() -> None:
    files = HeldFiles({"000.png": png(), "000.cls": "7\n", "001.png": png(), "001.cls": "3", "002.png": png()})
    assert classes(folder.read(files, "image", TASK)) == ["7", "3"]


def test_the_classes_are_in_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    folder.read(HeldFiles({"cat/1.png": png(), "dog/1.png": png(), "dog/2.png": png()}), "image", TASK)
    line = json.loads(capsys.readouterr().out)
    assert (line["event"], line["split"], line["files"]) == ("data", "train", 3)
    assert line["examples"] == {"dog": 2, "cat": 1}


def test_nothing_is_decoded_before_it_is_asked_for() -> None:
    data = folder.read(HeldFiles({"cat/1.png": png(), "dog/1.png": png(), "dog/2.png": png()[:-20]}), "image", TASK)
    with pytest.raises(DatasetInvalid, match=r"s3://b/m/dog/2\.png: cannot be read as an image"):
        list(data.read())


def test_no_images() -> None:
    with pytest.raises(
        DatasetInvalid, match=r"s3://b/m: found no <class>/<image>.*; there are 1 file ending with \.png"
    ):
        folder.read(HeldFiles({"1.png": png(), "a/readme.txt": ""}), "image", TASK)
