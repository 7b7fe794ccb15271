from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.support.bundles import CASES, trial_of

from nas_model.networks.build import build_network
from nas_trial.card.facts import SplitFacts
from nas_trial.data.examples import Examples
from nas_trial.data.load import load_examples
from nas_trial.errors import Stopped
from nas_trial.process.stop import StopFlag
from nas_trial.work.judging import judging_split, outputs_of, split_facts

CPU = torch.device("cpu")


@pytest.fixture
def examples(tmp_path: Path) -> Examples:
    CASES["table"].write(tmp_path)
    return load_examples(trial_of(CASES["table"], tmp_path).task, None, 0, CPU, StopFlag())


def test_a_retraining_is_judged_by_the_test_split(examples: Examples) -> None:
    name, split = judging_split(examples.for_retraining())
    assert (name, len(split)) == ("test", 30)
    assert [(one.name, one.examples) for one in split_facts(examples.for_retraining())] == [
        ("train and val", 80),
        ("test", 30),
    ]


def test_one_that_chooses_its_epoch_keeps_three_splits(examples: Examples) -> None:
    choosing = examples.for_retraining(choosing=True)
    name, split = judging_split(choosing)
    assert (name, len(split)) == ("test", 30)
    assert [(one.name, one.examples) for one in split_facts(choosing)] == [("train", 60), ("val", 20), ("test", 30)]


def test_without_a_test_split_validation_examples_judge(examples: Examples) -> None:
    untested = replace(examples, read_test=lambda: None).for_retraining()
    name, split = judging_split(untested)
    assert (name, len(split)) == ("val", 20)
    assert [one.name for one in split_facts(untested)] == ["train", "val"]


def test_examples_are_counted_by_class(examples: Examples) -> None:
    facts = split_facts(examples)
    assert all(sum(one.by_class) == one.examples for one in facts)
    assert isinstance(facts[0], SplitFacts) and len(facts[0].by_class) == 2


def test_outputs_are_the_networks_in_the_order_of_the_examples(examples: Examples) -> None:
    trial = trial_of(CASES["table"], Path("/data"))
    network = build_network(trial.space, trial.candidates[0].architecture, examples.signature).eval()
    found = outputs_of(network, examples, examples.train, CPU, torch.float32, lambda: None)
    [batch] = examples.train.batches([examples.train.in_order()])
    with torch.inference_mode():
        assert np.allclose(found, network(examples.inputs(batch)).numpy(), atol=1e-6)


def test_judging_ends_when_the_trial_is_stopped(examples: Examples) -> None:
    def stopped() -> None:
        raise Stopped

    with pytest.raises(Stopped):
        outputs_of(torch.nn.Identity(), examples, examples.train, CPU, torch.float32, stopped)
