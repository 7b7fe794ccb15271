"""Asks which known vulnerabilities the packages of the images have: `pip-audit` on the pins, with the data of OSV.

`make audit`. Where OSV cannot be reached nothing is audited; that is printed, and is no failure.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from nas_dev.sbom import IMAGES, pinned
from nas_dev.setup.python_tools import uv
from nas_dev.setup.requirements import DIRECTORY
from nas_dev.steps import Steps

PIP_AUDIT = "pip-audit==2.10.1"
MINUTES = 10
OFFLINE = ("ConnectionError", "ConnectTimeout", "ReadTimeout", "ServiceError")
"""What pip-audit ends with where the service cannot be reached."""


class NotAudited(Exception):
    """The service cannot be reached; the message says how."""


def findings(said: str, errors: str) -> list[str]:
    """Return a line for each known vulnerability in what pip-audit has printed, and for each package it skipped.

    Raises:
        NotAudited: if it could not ask.
        RuntimeError: if it failed in another way.
    """
    try:
        packages = json.loads(said)["dependencies"]
    except ValueError:
        last = (errors.strip().splitlines() or ["it printed nothing"])[-1]
        raise (NotAudited if any(word in errors for word in OFFLINE) else RuntimeError)(last[:300]) from None
    lines = []
    for package in packages:
        if why := package.get("skip_reason"):
            lines.append(f"{package['name']} was skipped: {why}")
        for one in package.get("vulns", ()):
            mended = f"mended in {', '.join(one['fix_versions'])}" if one["fix_versions"] else "not mended yet"
            lines.append(f"{package['name']} {package['version']} has {one['id']}, {mended}")
    return lines


def audit(pins: str) -> list[str]:
    """Return what is known of what a file of pins installs in an image; raises as :func:`findings` does."""
    with tempfile.TemporaryDirectory() as directory:
        plain = Path(directory) / "requirements.txt"
        plain.write_text("".join(f"{one.name}{one.specifier}\n" for one in pinned(pins)))
        options = [
            "--requirement",
            str(plain),
            "--no-deps",
            "--disable-pip",
            "--vulnerability-service=osv",
            "--format=json",
        ]
        done = subprocess.run(
            [uv(Steps()), "tool", "run", PIP_AUDIT, *options],
            capture_output=True,
            text=True,
            timeout=60 * MINUTES,
        )
    return findings(done.stdout, done.stderr)


def main() -> int:
    """Print what is known of each image; return 1 if that is anything."""
    bad = False
    for image, name in IMAGES.items():
        try:
            found = audit((DIRECTORY / f"{name}.txt").read_text())
        except NotAudited as error:
            print(f"{image}: SKIPPED, as osv.dev cannot be reached: {error}")
            continue
        bad = bad or bool(found)
        print(f"{image}: " + ("no known vulnerability" if not found else "".join(f"\n  {line}" for line in found)))
    return int(bad)


if __name__ == "__main__":
    sys.exit(main())
