"""What the chart renders, reviewed as text. To accept a change: UPDATE_SNAPSHOTS=1 make unit ARGS=tests/unit/helm"""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

SNAPSHOTS = Path(__file__).parent / "snapshots"


@pytest.mark.parametrize("name", ["defaults", "everything"])
def test_renders_as_reviewed(template: Callable[..., str], name: str) -> None:
    values = SNAPSHOTS / f"{name}.values.yaml"
    # The CRDs are generated and checked where they are made.
    rendered = template(f"--values={values}", "--set=crds.install=false")
    snapshot = SNAPSHOTS / f"{name}.yaml"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        snapshot.write_text(rendered)
    assert rendered == snapshot.read_text()
