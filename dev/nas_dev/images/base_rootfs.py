"""The root file system that images are built on here, where no image registry can be reached.

It plays the part of the public slim Python image that users build on: Debian 12 with ``python``, ``python3`` and
``pip``, and nothing a container does not need. ``pip`` may install into the system's Python, as in that image.
"""

import shutil
import subprocess
from pathlib import Path

from nas_dev.cache import Input, build_once
from nas_dev.steps import Steps

SUITE = "bookworm"
MIRROR = "http://deb.debian.org/debian"
PACKAGES = ("ca-certificates", "python-is-python3", "python3", "python3-pip", "python3-venv")
UNNEEDED = (
    "boot/*",
    "tmp/*",
    "usr/lib/python3*/EXTERNALLY-MANAGED",
    "usr/share/doc/*",
    "usr/share/i18n/*",
    "usr/share/info/*",
    "usr/share/locale/*",
    "usr/share/man/*",
    "var/cache/apt/*",
    "var/cache/debconf/*-old",
    "var/lib/apt/lists/*",
    "var/log/*",
)
INPUTS: list[Input] = [SUITE, PACKAGES, UNNEEDED, MIRROR]


def build(steps: Steps) -> Path:
    """Return the file system as a tar file, made at first."""

    def make(directory: Path) -> None:
        root = directory / "root"
        argv = [
            "debootstrap",
            "--variant=minbase",
            f"--include={','.join(PACKAGES)}",
            SUITE,
            root,
            MIRROR,
        ]
        with steps.step("base file system (Debian and Python)"):
            steps.command("debootstrap", argv)
            for pattern in UNNEEDED:
                for path in root.glob(pattern):
                    if path.is_dir() and not path.is_symlink():
                        shutil.rmtree(path)
                    else:
                        path.unlink()
            # debootstrap copies both from this machine.
            (root / "etc/resolv.conf").unlink(missing_ok=True)
            (root / "etc/hostname").unlink(missing_ok=True)
            # By number: users have other names on other machines. What the kernel provides is left out.
            tar = ["tar", "--numeric-owner", "--one-file-system", "-C", str(root), "-cf", str(directory / "root.tar")]
            subprocess.run([*tar, "--exclude=./proc/*", "--exclude=./sys/*", "--exclude=./dev/*", "."], check=True)
            shutil.rmtree(root)

    return build_once("base-rootfs", INPUTS, make) / "root.tar"
