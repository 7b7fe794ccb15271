from __future__ import annotations

from typing import Any

import pytest

from nas_core.api.search import NASSearchSpec
from nas_local.fit import at_once, gpus_of_a_trial, left_out, obstacles, with_folder


def spec(**more: Any) -> NASSearchSpec:
    return NASSearchSpec.model_validate({"task": {"dataset": {"name": "digits"}}, **more})


def test_a_trainer_in_an_image_cannot_run_here() -> None:
    [said] = obstacles(spec(trialTemplate={"image": "example.org/trainer:1"}), {})
    assert said.startswith("spec.trialTemplate: 'example.org/trainer:1' is a trainer in an image")


def test_a_volume_needs_a_folder() -> None:
    mounted = spec(task={"type": "image-classification", "dataset": {"volume": {"claimName": "photos"}}})
    [said] = obstacles(mounted, {})
    assert "--data photos=FOLDER" in said
    assert obstacles(mounted, {"photos": "/photos"}) == []


def test_the_folder_is_the_storage_of_a_search_that_names_none() -> None:
    made = with_folder({"spec": {"evaluation": {"supernet": {}}}})
    assert made == {"spec": {"evaluation": {"supernet": {}}, "storage": {"bucket": "this-machine"}}}


@pytest.mark.parametrize(
    "manifest",
    [
        {"spec": {"storage": {"bucket": "nas"}}},
        # Where these are, only spec.storage says.
        {"spec": {"task": {"dataset": {"uri": "s3://nas/data/"}}}},
        {"spec": {"evaluation": {"benchmark": {"uri": "s3://nas/table.csv"}}}},
        # These are denied for what they are.
        {},
        {"spec": None},
    ],
)
def test_a_manifest_that_the_folder_cannot_stand_in_for_stays_as_it_is(manifest: dict[str, Any]) -> None:
    assert with_folder(manifest) == manifest


def test_what_is_left_out_is_told() -> None:
    template = {"resources": {"limits": {"nvidia.com/gpu": "1"}}}
    asked = spec(trialTemplate=template, budget={"parallelTrials": 8}, storage={"bucket": "nas"})
    assert [note.split()[0] for note in left_out(asked, 0, 2)] == ["trials", "2", "results", "no"]
    over_two = spec(retrain={"epochs": 3}, trialTemplate={"nodes": 2})
    assert left_out(over_two, 0, 2) == ["trials ask for 2 nodes each; here each runs on this machine alone"]
    assert left_out(spec(retrain={"epochs": 3}), 0, 2) == []


def with_gpus(count: int) -> NASSearchSpec:
    return spec(trialTemplate={"resources": {"limits": {"nvidia.com/gpu": str(count)}}}, retrain={"epochs": 3})


@pytest.mark.parametrize(
    ("asked", "gpus", "each", "trials"),
    [(0, 0, 0, 3), (4, 0, 0, 3), (0, 2, 1, 2), (1, 8, 1, 4), (2, 4, 2, 2), (2, 3, 2, 1), (4, 2, 2, 1)],
)
def test_each_trial_has_its_own_gpus(asked: int, gpus: int, each: int, trials: int) -> None:
    wanted = with_gpus(asked)
    assert (gpus_of_a_trial(wanted, gpus), at_once(wanted, 4, gpus, 3)) == (each, trials)


def test_fewer_gpus_than_asked_for_are_told() -> None:
    assert left_out(with_gpus(4), 2, 2) == ["trials ask for 4 GPUs each; here each gets 2 (--gpus)"]
    assert left_out(with_gpus(2), 2, 2) == []
