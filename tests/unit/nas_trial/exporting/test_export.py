from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from tests.support.deployable import DEPLOYABLE
from torch import Tensor, nn

from nas_trial.data.examples import Examples, InMemory
from nas_trial.errors import Stopped
from nas_trial.exporting.check import Checker, run_network
from nas_trial.exporting.deployed import DeployedNetwork
from nas_trial.exporting.export import Export, Refused, export_all, reason
from nas_trial.exporting.source import Source
from nas_trial.learning_tasks.classification import Classification

CASE = DEPLOYABLE["image"]


def checker_of(network: DeployedNetwork) -> Checker:
    images = {"image": torch.from_numpy(CASE.raw(40)["image"])}
    split = InMemory(images, torch.arange(40) % 3)
    examples = Examples(
        train=split,
        val=split,
        signature=CASE.preprocessing.signature,
        scales={},
        task=Classification(),
        classes=("a", "b", "c"),
        hash="sha256:0",
    )
    return Checker(network, examples, split, lambda: None)


class Determinant(nn.Module):
    """Uses an operator that ONNX has not."""

    def forward(self, inputs: dict[str, Tensor]) -> Tensor:
        return torch.linalg.eigvals(inputs["image"])[:, :, 0].real


def test_an_export_is_checked_on_all_examples() -> None:
    source = CASE.source()
    checker = checker_of(source.network)
    reference = checker.outputs(run_network(source.network))
    [found] = export_all(["onnx"], source, checker, reference, lambda: None)
    assert isinstance(found, Export) and found.file == "exports/model.onnx"
    assert 0 < found.checked.difference < 1e-4 and found.checked.latency_ms > 0
    assert found.checked.metrics["accuracy"] == checker.metrics(reference)["accuracy"]


def test_the_difference_is_the_largest_of_any_output() -> None:
    network = CASE.network()
    checker = checker_of(network)
    reference = checker.outputs(run_network(network))
    reference[39, 2] += 0.5
    assert checker.check(run_network(network), reference).difference == pytest.approx(0.5, abs=1e-5)


def test_what_one_format_cannot_hold_costs_the_others_nothing() -> None:
    network = DeployedNetwork(Determinant(), CASE.preprocessing).eval()
    checker = replace(checker_of(network), network=network)
    reference = checker.outputs(run_network(network))
    refused, made = export_all(
        ["onnx", "torchExport"], Source(network, [CASE.raw(4)]), checker, reference, lambda: None
    )
    assert isinstance(refused, Refused) and isinstance(made, Export)
    assert refused.why == (
        "ONNX, float32: there is no such export of this model: the operator aten.linalg_eig has no form in it"
    )


def test_a_trial_that_is_stopped_makes_no_more() -> None:
    def stopped() -> None:
        raise Stopped

    source = CASE.source()
    with pytest.raises(Stopped):
        list(export_all(["onnx"], source, checker_of(source.network), np.zeros((40, 3), np.float32), stopped))


def test_stopped_while_it_is_checked_is_no_refusal() -> None:
    calls = iter(range(100))

    def second() -> None:
        if next(calls):
            raise Stopped

    source = CASE.source()
    checker = replace(checker_of(source.network), alive=second)
    with pytest.raises(Stopped):
        list(export_all(["torchExport"], source, checker, np.zeros((40, 3), np.float32), lambda: None))


def test_the_reason_names_the_innermost_operator() -> None:
    try:
        try:
            raise KeyError("no function for aten.stft.center")
        except KeyError as inner:
            raise RuntimeError("failed to convert, see aten.add") from inner
    except RuntimeError as error:
        assert reason(error) == "the operator aten.stft.center has no form in it"


def test_a_reason_without_an_operator_is_its_first_line() -> None:
    assert reason(ValueError("too large\nmore")) == "ValueError: too large"
    assert reason(ValueError("")) == "ValueError: ValueError"
    assert len(reason(ValueError("x" * 9999))) < 400
