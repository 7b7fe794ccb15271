from __future__ import annotations

import numpy as np
import pytest
import torch
from tests.support.deployable import DEPLOYABLE, IMAGE, NUMERIC, Deployable

from nas_model.inputs import network_inputs, scales_of
from nas_model.preprocessing.forms import NumericForm
from nas_trial.exporting.check import run_network

CPU = torch.device("cpu")


@pytest.mark.parametrize("task", list(DEPLOYABLE))
def test_it_gives_what_the_network_gives_of_what_the_preprocessing_makes(task: str) -> None:
    """`Preprocessing.arrays` and `network_inputs` are how the trainer and `nas_model` do it."""
    case, network = DEPLOYABLE[task], DEPLOYABLE[task].network()
    raw, form = case.raw(5), case.preprocessing
    kept = {name: raw[name] for name in ("image", "text", "audio", "categorical") if name in raw}
    kept |= form.model_copy(update={"text": None, "categorical": None}).arrays(
        {name: raw[name] for name in ("image", "audio", "series", "numeric") if name in raw}
    )
    inputs = network_inputs({name: torch.from_numpy(values) for name, values in kept.items()}, scales_of(form, CPU))
    with torch.inference_mode():
        expected = network.network(inputs).numpy()
    assert np.abs(network.in_deviations(run_network(network)(raw)) - expected).max() < 1e-5


def test_numbers_leave_in_the_unit_of_the_target_and_keep_their_digits() -> None:
    case = DEPLOYABLE["regression"]
    outputs = run_network(case.network())(case.raw(5))
    assert outputs.dtype == np.float64
    arrival = outputs[:, 0].astype(np.float64)
    assert (np.abs(arrival - 1.7e9) < 6000).all() and len(set(arrival % 1)) == 5


def test_examples_as_they_are_kept_become_raw_again() -> None:
    case = DEPLOYABLE["table"]
    raw = case.raw(6)
    kept = case.preprocessing.model_copy(update={"categorical": None}).arrays({"numeric": raw["numeric"]})
    rows = {
        "numeric": torch.from_numpy(kept["numeric"]),
        "categorical": torch.from_numpy(raw["categorical"].astype(np.int32)),
    }
    back = case.network().raw(rows)
    there = ~np.isnan(raw["numeric"])
    assert np.allclose(back["numeric"][there], raw["numeric"][there], rtol=1e-6)
    assert back["numeric"][~there].tolist() == [3000.0]  # the mean, which is what a missing one counts as
    assert back["categorical"].dtype == np.int64


def test_an_input_without_columns_is_none() -> None:
    numbers = Deployable({"name": "tabular", "width": 8}, {"numeric": NUMERIC})
    assert numbers.network().inputs == ("numeric",)
    codes = DEPLOYABLE["table"].parts["categorical"]
    empty = NumericForm(columns=(), mean=(), deviation=())
    case = Deployable({"name": "tabular", "width": 8}, {"numeric": empty, "categorical": codes})
    form = case.preprocessing
    assert [name for name, zeros in form.signature.zeros().items() if zeros.numel()] == ["categorical"]


def test_images_of_any_numbers_are_float32() -> None:
    case = Deployable({"width": 4, "depth": 1}, {"image": IMAGE.model_copy(update={"type": "float32"})})
    rows = {"image": torch.rand(2, 3, 16, 16)}
    assert case.network().raw(rows)["image"].dtype == np.float32
