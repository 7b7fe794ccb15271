from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits

from nas_trial.data.fingerprints import ContentHash, fingerprints, groups
from nas_trial.data.raw import table


def test_examples_are_equal_when_all_inputs_are() -> None:
    text = np.array(["a", "a", "b", "a"], object)
    numeric = np.array([[1.0, np.nan], [1.0, -np.nan], [1.0, np.nan], [2.0, np.nan]])
    codes = np.array([[0, -1]] * 4, np.int32)
    found = groups(fingerprints({"text": text, "numeric": numeric, "categorical": codes}, (("x",), ("y",))))
    assert found[0] == found[1] and len(set(found)) == 3
    assert len(set(groups(fingerprints(table(numeric))))) == 2


def test_columns_are_told_apart() -> None:
    numeric = np.array([[1.0, 2.0], [2.0, 1.0], [1.0, np.nan], [np.nan, 1.0], [0.0, -0.0], [-0.0, 0.0]])
    found = groups(fingerprints(table(numeric)))
    assert len(set(found)) == 5 and found[4] == found[5]
    codes = np.array([[0, 1], [1, 0], [0, -1], [-1, 0]], np.int32)
    assert len(set(groups(fingerprints({"categorical": codes}, (("a", "b"), ("a", "b")))))) == 4


def test_copies_among_real_images_are_found() -> None:
    images = load_digits().images.astype(np.uint8)
    assert len(set(groups(fingerprints({"image": images})))) == len(np.unique(images.reshape(1797, -1), axis=0)) == 1797
    twice = groups(fingerprints({"image": np.concatenate([images, images[:5]])}))
    assert twice[:5].tolist() == twice[1797:].tolist()


def test_the_same_example_has_the_same_fingerprint_elsewhere() -> None:
    one = fingerprints({"categorical": np.array([[0, 0], [1, -1]], np.int32)}, (("x", "z"), ("y",)))
    other = fingerprints(
        {"categorical": np.array([[0, -1], [1, 1], [2, 2]], np.int32)}, (("z", "q", "x"), ("u", "r", "y"))
    )
    assert one.tolist() == [other[2].tolist(), other[0].tolist()]


def test_no_two_of_many_different_rows_are_taken_for_equal() -> None:
    rows = np.stack(np.meshgrid(np.arange(400.0), np.arange(500.0)), -1).reshape(-1, 2)
    assert len(np.unique(fingerprints(table(rows)))) == 200_000


def content(
    image: np.ndarray, text: np.ndarray, y: np.ndarray, names: tuple[str, ...] = ("a", "b"), cut: int = 1
) -> str:
    found = ContentHash()
    for some in (slice(0, cut), slice(cut, None)):
        found.add({"image": image[some], "text": text[some]})
    return found.of(y, names)


@pytest.mark.parametrize("kind", ["image", "text", "target", "name"])
def test_the_hash_changes_with_the_content(kind: str) -> None:
    image, text, y = np.zeros((3, 1, 2, 2), np.uint8), np.array(["a", "b", "c"], object), np.array([0, 1, 0])
    before = content(image, text, y)
    assert before == content(image.copy(), text.copy(), y, cut=2) and before.startswith("sha256:")
    match kind:
        case "image":
            image[1, 0, 1, 1] = 1
        case "text":
            text[1] = "c"
        case "target":
            y[1] = 0
    assert content(image, text, y, ("a", "c") if kind == "name" else ("a", "b")) != before
