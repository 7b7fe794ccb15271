"""What is missing on the machine."""

from nas_dev.setup import system


def test_missing_packages_are_those_not_installed() -> None:
    assert system.missing(["no-such-package-anywhere"]) == ["no-such-package-anywhere"]
