"""The examples: what they ask for exists, and each is in the list."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from nas_core.api.search import NASSearchSpec
from nas_core.spaces import get_space
from nas_dev.datasets import DATASETS

EXAMPLES = Path(__file__).parents[3] / "examples"


@pytest.mark.parametrize("example", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.name)
def test_an_example(example: Path) -> None:
    search = yaml.safe_load(example.read_text())
    spec = NASSearchSpec.model_validate(search["spec"])
    assert paths(spec.model_dump(by_alias=True, exclude_unset=True)) == paths(search["spec"]), "a field is misspelt"
    get_space(spec.search_space, spec.hyperparameters)
    assert f"[{example.name}]({example.name})" in (EXAMPLES / "README.md").read_text()
    if uri := spec.task.dataset.uri:
        name = uri.removeprefix("s3://nas/datasets/").partition("/")[0]
        assert name in DATASETS
        assert (
            f"make dataset NAME={name} TO=s3://nas/datasets/{name}/" in example.read_text()
            or example.name.startswith("01-")
        )


def paths(value: Any, path: str = "") -> set[str]:
    """Return the paths of all fields."""
    if isinstance(value, Mapping):
        return {path}.union(*(paths(inner, f"{path}.{name}") for name, inner in value.items()))
    if isinstance(value, list):
        return {path}.union(*(paths(inner, f"{path}[{place}]") for place, inner in enumerate(value)))
    return {path}
