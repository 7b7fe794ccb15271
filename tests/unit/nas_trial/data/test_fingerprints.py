from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits

from nas_trial.data.fingerprints import content_hash, fingerprints, groups
from nas_trial.data.raw import table


def test_examples_are_the_same_when_all_inputs_are() -> None:
    text = np.array(["a", "a", "b", "a"], object)
    numeric = np.array([[1.0, np.nan], [1.0, np.nan], [1.0, np.nan], [2.0, np.nan]])
    codes = np.array([["x", None]] * 4, object)
    found = groups(fingerprints({"text": text, "numeric": numeric, "categorical": codes}))
    assert found[0] == found[1] and len(set(found)) == 3
    assert len(set(groups(fingerprints(table(numeric))))) == 2


def test_copies_among_real_images_are_found() -> None:
    images = load_digits().images.astype(np.uint8)
    assert len(set(groups(fingerprints({"image": images})))) == len(np.unique(images.reshape(1797, -1), axis=0)) == 1797
    twice = groups(fingerprints({"image": np.concatenate([images, images[:5]])}))
    assert twice[:5].tolist() == twice[1797:].tolist()


def test_the_same_example_has_the_same_fingerprint_elsewhere() -> None:
    one = fingerprints({"categorical": np.array([["x", "y"], ["z", None]], object)})
    other = fingerprints({"categorical": np.array([["z", None], ["q", "r"], ["x", "y"]], object)})
    assert one.tolist() == [other[2].tolist(), other[0].tolist()]


@pytest.mark.parametrize("kind", ["image", "text", "target"])
def test_the_hash_changes_with_the_content(kind: str) -> None:
    image, text, y = np.zeros((2, 1, 2, 2), np.uint8), np.array(["a", "b"], object), np.array([0, 1])
    before = content_hash({"image": image, "text": text}, y)
    assert before == content_hash({"image": image.copy(), "text": text.copy()}, y)
    match kind:
        case "image":
            image[1, 0, 1, 1] = 1
        case "text":
            text[1] = "c"
        case "target":
            y[1] = 0
    assert content_hash({"image": image, "text": text}, y) != before
