from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from nas_model.preprocessing.forms import ClassesForm, NumbersForm
from nas_trial.card import pictures
from nas_trial.card.quality import Quality, quality_of


def classified(classes: int, names: tuple[str, ...] = ()) -> Quality:
    rng = np.random.default_rng(1)
    form = ClassesForm(kind="classes", names=names or tuple(f"class {n}" for n in range(classes)))
    return quality_of(rng.normal(size=(50, classes)).astype(np.float32), rng.integers(classes, size=50), form)


def regressed(targets: int) -> Quality:
    rng = np.random.default_rng(2)
    form = NumbersForm(columns=(), mean=(0.0,) * targets, deviation=(1.0,) * targets)
    return quality_of(rng.normal(size=(9000, targets)).astype(np.float32), rng.normal(size=(9000, targets)), form)


@pytest.mark.parametrize("classes", [2, 20, 40, 300])
def test_a_classification_shows_what_is_confused_and_what_confidence_is_worth(classes: int) -> None:
    drawn = pictures.pictures(classified(classes))
    assert list(drawn) == [pictures.CONFUSION, pictures.RELIABILITY]
    for content in drawn.values():
        image = Image.open(io.BytesIO(content))
        assert image.format == "PNG" and max(image.size) <= 1200 and len(content) < 200_000


def test_so_many_classes_that_none_would_have_a_pixel_are_not_drawn() -> None:
    assert list(pictures.pictures(classified(1_001))) == [pictures.RELIABILITY]


@pytest.mark.parametrize("targets", [1, 3, 20])
def test_a_regression_shows_its_errors(targets: int) -> None:
    drawn = pictures.pictures(regressed(targets))
    assert list(drawn) == [pictures.RESIDUALS]
    assert len(drawn[pictures.RESIDUALS]) < 1_000_000


def test_the_same_numbers_give_the_same_bytes() -> None:
    assert pictures.pictures(classified(3)) == pictures.pictures(classified(3))


def test_names_of_classes_are_no_formulas() -> None:
    """Matplotlib reads what is between dollars as a formula, and raises where it is none."""
    strange = (r"$\frac{$", "$$", "日本", "a\nb", "x" * 300)
    assert pictures.pictures(classified(5, strange))


def test_each_picture_has_words_for_who_does_not_see_it() -> None:
    assert all(pictures.names_of([pictures.CONFUSION, pictures.RELIABILITY, pictures.RESIDUALS]).values())
