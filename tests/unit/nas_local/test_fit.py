from __future__ import annotations

from typing import Any

from nas_core.api.search import NASSearchSpec
from nas_local.fit import left_out, obstacles


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


def test_what_is_left_out_is_told() -> None:
    template = {"resources": {"limits": {"nvidia.com/gpu": "1"}}}
    asked = spec(trialTemplate=template, budget={"parallelTrials": 8}, storage={"bucket": "nas"})
    assert [note.split()[0] for note in left_out(asked, 0, 2)] == ["trials", "2", "results", "no"]
    assert left_out(spec(retrain={"epochs": 3}), 0, 2) == []
