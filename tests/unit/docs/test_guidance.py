"""The guidance that the page shows can be kept."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml
from tests.support.factories import search

from nas_plan.guidance import guidance_fault

PAGE = Path(__file__).parents[3] / "docs/guidance.md"
SHOWN = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)
RATE = {"name": "learningRate", "real": {"min": "1e-4", "max": "0.1", "log": True}}


def fault(**spec: Any) -> str | None:
    return guidance_fault(search(task={"dataset": {"name": "digits"}}, hyperparameters=[RATE], **spec))


def test_the_first_example_can_be_kept() -> None:
    assert fault(**yaml.safe_load(SHOWN[0])["spec"]) is None


def test_so_can_the_architecture_as_json() -> None:
    [encoded] = [found for text in SHOWN if "{" in (found := yaml.safe_load(text).get("inject", [""])[0])]
    assert fault(guidance={"inject": [encoded]}) is None
