from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from nas_core.api.task import Task
from nas_trial.data.arrays import from_arrays
from nas_trial.errors import DatasetInvalid

FOUR = np.array([0, 1, 0, 1])


def task(kind: str = "image-classification", **dataset: object) -> Task:
    return Task.model_validate({"type": kind, "dataset": {"path": "/d", **dataset}})


@pytest.mark.parametrize(
    ("given", "brought"),
    [
        ((4, 8, 9), (4, 1, 8, 9)),
        ((4, 8, 9, 3), (4, 3, 8, 9)),
        ((4, 3, 8, 9), (4, 3, 8, 9)),
        ((4, 64, 64, 13), (4, 13, 64, 64)),
        ((4, 64, 64, 2), (4, 2, 64, 64)),
    ],
)
def test_images_are_brought_into_one_form(given: tuple[int, ...], brought: tuple[int, ...]) -> None:
    data = from_arrays(np.zeros(given, np.uint8), FOUR, "here", task())
    assert data.inputs["image"].shape == brought and data.inputs["image"].dtype == np.uint8
    assert from_arrays(np.zeros(given), FOUR, "here", task()).inputs["image"].dtype == np.float32


def test_series_of_one_channel() -> None:
    data = from_arrays(np.zeros((4, 9)), FOUR[:, None], "here", task("time-series-classification"))
    assert data.inputs["series"].shape == (4, 1, 9)
    assert data.targets.shape == (4,)


def test_sounds_are_scaled_and_cut() -> None:
    sounds = np.full((4, 3000), 2**14, np.int16)
    given = task("audio-classification", audio={"seconds": "0.5", "rate": 8000})
    found = from_arrays(sounds, FOUR, "here", given).inputs["audio"]
    assert found.shape == (4, 4000)
    assert found[:, :3000].mean() == pytest.approx(0.5, abs=1e-3) and not found[:, 3000:].any()
    loud = np.zeros((4, 3000))
    loud[2, 7] = 1.5
    with pytest.raises(DatasetInvalid, match="here: row 2 is a sound with values beyond -1 and 1"):
        list(from_arrays(loud, FOUR, "here", given).read())


def test_arrays_are_converted_piece_by_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nas_trial.data.raw.PIECE_BYTES", 8 * 3 * 4)
    rows = np.arange(30.0).reshape(10, 3)
    data = from_arrays(rows, np.arange(10), "here", task("regression"))
    assert [len(piece["numeric"]) for piece in data.read()] == [4, 4, 2]
    assert np.array_equal(data.inputs["numeric"], rows) and len(list(data.read())) == 3
    [nothing] = from_arrays(rows[:0], np.arange(0), "here", task("regression")).read()
    assert nothing["numeric"].shape == (0, 3)


def test_several_targets() -> None:
    rows = np.zeros((4, 3))
    several = np.arange(8).reshape(4, 2)
    assert from_arrays(rows, several, "here", task("regression")).targets.tolist() == several.tolist()
    labels = several % 2
    multi = Task.model_validate({"type": "tabular-classification", "multiLabel": True, "dataset": {"path": "/d"}})
    for given in (labels, labels.astype(bool), labels.astype(float)):
        assert from_arrays(rows, given, "here", multi).targets.tolist() == labels.tolist()
    with pytest.raises(DatasetInvalid, match=r"here: row 1, label 0 is 2; labels of task.multiLabel are 0 or 1"):
        from_arrays(rows, several, "here", multi)
    with pytest.raises(DatasetInvalid, match=r"labels have shape \(4,\); task.multiLabel needs \(N, classes\)"):
        from_arrays(rows, FOUR, "here", multi)
    kinds: list[NDArray[np.generic]] = [FOUR.astype(complex), FOUR.astype("M8[s]"), FOUR.astype([("a", int)])]
    for strange in kinds:
        with pytest.raises(DatasetInvalid, match=r"here: labels are of type .*; give numbers or texts"):
            from_arrays(rows, strange, "here", task("tabular-classification"))
    with pytest.raises(DatasetInvalid, match=r"labels of shape \(4, 2\); give one label each; .* set task.multiLabel"):
        from_arrays(rows, labels * 0, "here", task("tabular-classification"))


@pytest.mark.parametrize("kind", [bool, np.uint8, float])
def test_one_hot_labels_are_classes(kind: type) -> None:
    given: NDArray[np.generic] = np.eye(3)[[2, 0, 1, 2]].astype(kind)
    read = from_arrays(np.zeros((4, 3)), given, "here", task("tabular-classification"))
    assert read.targets.tolist() == [2, 0, 1, 2]


def test_labels_of_bytes_are_texts() -> None:
    labels = np.array([b"cat", "Müll".encode(), "Müll".encode("latin-1"), b"cat"])
    for given in (labels, labels[:, None]):
        data = from_arrays(np.zeros((4, 3)), given, "here", task("tabular-classification"))
        assert data.targets.tolist() == ["cat", "Müll", "Müll", "cat"]
    assert from_arrays(np.zeros((0, 3)), labels[:0], "here", task("regression")).targets.shape == (0,)


@pytest.mark.parametrize(
    ("kind", "x", "message"),
    [
        ("image-classification", np.zeros((4, 16)), r"here: images have shape \(4, 16\); use \(N, H, W\)"),
        ("image-classification", np.zeros((4, 0, 8)), "here: images have shape"),
        ("image-classification", np.zeros((5, 8, 8)), "here: 5 examples but labels of shape .4,.; give one label"),
        ("image-classification", np.full((4, 2, 2), "x"), "images are of type <U1; give numbers"),
        ("image-classification", np.zeros((4, 2, 2), complex), "images are of type complex128; give numbers"),
        ("image-classification", np.zeros((4, 8, 8, 8)), r"here: images of shape \(8, 8, 8\) may be 8 channels"),
        ("regression", np.zeros((4, 2, 2)), r"rows have shape \(4, 2, 2\); use \(N, F\)"),
        ("multi-modal-classification", np.zeros((4, 2)), "are no data for task.type multi-modal-classification"),
    ],
)
def test_arrays_that_are_not_for_the_task(kind: str, x: NDArray[np.generic], message: str) -> None:
    with pytest.raises(DatasetInvalid, match=message):
        from_arrays(x, FOUR, "here", task(kind))
