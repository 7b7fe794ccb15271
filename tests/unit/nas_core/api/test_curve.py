from __future__ import annotations

import math

from nas_core.api.curve import MOST_POINTS, Curve


def grown(epochs: int) -> Curve:
    curve = Curve()
    for epoch in range(1, epochs + 1):
        curve = curve.with_point(epoch, {"val_accuracy": epoch / 1000})
    return curve


def test_it_grows_by_points_of_six_digits() -> None:
    curve = Curve().with_point(1, {"val_accuracy": 1 / 3}).with_point(3, {"val_accuracy": 0.5})
    assert curve == Curve(epochs=[1, 3], values={"val_accuracy": [0.333333, 0.5]}) and curve.sound


def test_training_that_went_back_takes_its_later_points_with_it() -> None:
    assert grown(5).with_point(3, {"val_accuracy": 0.9}).values == {"val_accuracy": [0.001, 0.002, 0.9]}


def test_a_point_with_other_metrics_begins_anew() -> None:
    assert grown(5).with_point(6, {"val_loss": 1.0}) == Curve(epochs=[6], values={"val_loss": [1.0]})


def test_a_long_one_is_thinned_and_keeps_its_end() -> None:
    curve = grown(10_000)
    assert curve.sound and MOST_POINTS / 2 <= len(curve.epochs) <= MOST_POINTS and curve.epochs[-1] == 10_000
    assert Curve.model_validate(curve.to_dict()) == curve
    assert curve.halved().epochs[-1] == 10_000 and len(curve.halved().epochs) == (len(curve.epochs) + 1) // 2


def test_what_does_not_fit_together_is_not_sound() -> None:
    for epochs, values in (([2, 1], [0.1, 0.2]), ([1, 2], [0.1]), ([1], [math.nan])):
        assert not Curve(epochs=epochs, values={"a": values}).sound
