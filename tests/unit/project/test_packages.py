"""What is shipped."""

from __future__ import annotations

from nas_dev.paths import REPOSITORY


def test_every_shipped_package_says_that_it_is_typed() -> None:
    packages = [path.parent for top in ("operator", "trial_image") for path in REPOSITORY.glob(f"{top}/*/__init__.py")]
    assert packages
    assert not [package.name for package in packages if not (package / "py.typed").exists()]
