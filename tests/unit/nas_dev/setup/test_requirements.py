"""Which requirements a file pins."""

import pytest

from nas_dev.setup.requirements import BASE, asked

PYPROJECT = {
    "project": {
        "name": "some-project",
        "dependencies": ["rich>=14"],
        "optional-dependencies": {
            "search": ["scipy>=1.16"],
            "operator": ["some-project[search]", "kopf>=1.45"],
            "dev": ["some-project[operator, search]", "types-boto3-lite[s3]"],
        },
    }
}


def test_the_extras_that_an_extra_names_are_asked_for_once() -> None:
    assert asked(("dev",), PYPROJECT) == ["kopf>=1.45", "scipy>=1.16", "types-boto3-lite[s3]"]


def test_what_every_installation_needs_is_asked_for_by_name() -> None:
    assert asked((BASE, "search"), PYPROJECT) == ["rich>=14", "scipy>=1.16"]
    assert asked(("search",), PYPROJECT) == ["scipy>=1.16"]


def test_an_extra_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(KeyError, match="trail"):
        asked(("trail",), PYPROJECT)
