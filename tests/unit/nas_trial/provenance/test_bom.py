from __future__ import annotations

import json
from dataclasses import replace

import pytest
from cyclonedx.schema import OutputFormat, SchemaVersion
from cyclonedx.validation import make_schemabased_validator

from nas_trial.provenance.bom import Material, bill_of_materials

MATERIAL = Material(
    name="digits",
    version="v3",
    task="image-classification",
    architecture="|conv~0|",
    weights_sha256="ab" * 32,
    dataset_hash="sha256:" + "cd" * 32,
    trained_by={"torch": "2.14.0+cu128", "nas-operator": "0.1.0"},
    properties={"trial": "digits-7"},
)


def test_it_names_the_model_its_data_and_its_packages() -> None:
    bom = json.loads(bill_of_materials(MATERIAL))
    model = bom["metadata"]["component"]
    assert (model["type"], model["name"], model["version"]) == ("machine-learning-model", "digits", "v3")
    assert model["hashes"] == [{"alg": "SHA-256", "content": "ab" * 32}]
    assert model["properties"] == [{"name": "nas:trial", "value": "digits-7"}]
    parts = {part["name"]: part for part in bom["components"]}
    assert parts["training data"]["hashes"] == [{"alg": "SHA-256", "content": "cd" * 32}]
    # The version that trained it, though another one is installed here.
    assert (parts["torch"]["version"], parts["torch"]["purl"]) == ("2.14.0+cu128", "pkg:pypi/torch@2.14.0")
    assert parts["pydantic"]["licenses"] == [{"license": {"id": "MIT"}}]
    assert "purl" not in parts["nas-operator"]
    [depends] = [entry["dependsOn"] for entry in bom["dependencies"] if entry["ref"] == "model"]
    assert {"data", "package-torch"} < set(depends)


@pytest.mark.parametrize("material", [MATERIAL, replace(MATERIAL, dataset_hash=None, trained_by={"no-such": "1"})])
def test_it_is_valid_cyclonedx(material: Material) -> None:
    validator = make_schemabased_validator(OutputFormat.JSON, SchemaVersion.V1_6)
    assert validator.validate_str(bill_of_materials(material).decode()) is None


def test_the_same_model_gives_the_same_bytes() -> None:
    assert bill_of_materials(MATERIAL) == bill_of_materials(MATERIAL)
    assert bill_of_materials(MATERIAL) != bill_of_materials(replace(MATERIAL, weights_sha256="ef" * 32))
