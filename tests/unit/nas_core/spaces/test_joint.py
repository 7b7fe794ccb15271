from __future__ import annotations

from typing import ClassVar

from nas_core.api.decision import DecisionSpec
from nas_core.api.space import SearchSpaceSpec
from nas_core.spaces import SearchSpace, get_space
from nas_core.spaces.decisions import Choice, Integer, Real, when
from nas_core.spaces.joint import JointSpace
from nas_core.spaces.nas_bench_201 import NasBench201
from nas_core.testing.space_conformance import SpaceConformance
from nas_core.testing.toy_space import ToySpace

BESIDE = (Choice("optimizer", ("sgd", "adamw")), Integer("nesterov", 0, 1, when=when("optimizer", "sgd")))


class TestJointToy(SpaceConformance):
    space: ClassVar[SearchSpace] = JointSpace(ToySpace(), BESIDE)


class TestJointReal(SpaceConformance):
    space: ClassVar[SearchSpace] = JointSpace(NasBench201(), [Real("learningRate", 0.001, 1.0, log=True)])


def test_it_has_as_many_encodings_as_both_together() -> None:
    assert TestJointToy.space.size == 256 * 3
    assert len(TestJointToy.space.distinct) == 35 * 3
    assert TestJointReal.space.size is None


def test_values_are_told_apart_for_the_trial_and_put_together_for_the_strategy() -> None:
    space = TestJointToy.space
    values = dict.fromkeys(("first", "second", "third", "fourth"), "a") | {"hp.optimizer": "adamw"}
    architecture, beside = space.split(values)
    assert beside == {"optimizer": "adamw"} and architecture.keys() == {"first", "second", "third", "fourth"}
    assert space.join(architecture, beside) == values
    assert space.text(values) == "aaaa | optimizer=adamw"


def test_a_search_names_its_hyperparameters() -> None:
    wanted = [DecisionSpec.model_validate({"name": "batchSize", "choice": ["64", "128"]})]
    space = get_space(SearchSpaceSpec(), wanted)
    assert space.size == 2 * 15_625
    assert space is get_space(SearchSpaceSpec(), wanted)
