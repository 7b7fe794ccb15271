"""Write all that follows from the API models.

python -m nas_dev.generate            write
python -m nas_dev.generate --check    exit 1 and show the difference if a file is not up to date (run by make lint)
"""

from __future__ import annotations

import argparse
import difflib
import sys

from nas_dev.generate.files import generated
from nas_dev.paths import REPOSITORY


def main() -> int:
    """Write or check the files."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file is not up to date")
    check = parser.parse_args().check
    stale = 0
    for path, content in generated().items():
        present = path.read_text() if path.exists() else ""
        if present == content:
            continue
        if check:
            stale += 1
            name = str(path.relative_to(REPOSITORY))
            sys.stdout.writelines(
                difflib.unified_diff(present.splitlines(True), content.splitlines(True), name, "generated")
            )
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
            print(f"wrote {path.relative_to(REPOSITORY)}")
    if stale:
        print(f"{stale} files are not up to date; run: make generate", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
