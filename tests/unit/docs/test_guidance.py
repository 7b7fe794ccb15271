"""The guidance that the page shows can be kept."""

from __future__ import annotations

import re
from pathlib import Path

import yaml
from tests.support.factories import search

from nas_plan.guidance import guidance_fault

PAGE = Path(__file__).parents[3] / "docs/guidance.md"
RATE = {"name": "learningRate", "real": {"min": "1e-4", "max": "0.1", "log": True}}


def test_the_first_example_can_be_kept() -> None:
    shown = re.search(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert shown is not None
    given = yaml.safe_load(shown[1])["spec"]
    spec = {"task": {"dataset": {"name": "digits"}}, "hyperparameters": [RATE], **given}
    assert guidance_fault(search(**spec)) is None
