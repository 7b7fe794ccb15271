"""Strategies beside other libraries' on published tables: ``nasctl benchmark`` with the options of `comparisons`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.strategies.comparisons import COMPARISONS, OURS
from nas_client.cli.main import main as nasctl


def options_of(name: str, data: Path, out: Path, more: Sequence[str]) -> list[str]:
    """Return the arguments of ``nasctl`` for a comparison; what ``more`` names is what counts."""
    options = list(COMPARISONS[name])
    for place, option in enumerate(options):
        if option == "--table":
            options[place + 1] = str(data / options[place + 1])
    return ["benchmark", "--strategies", OURS, *options, "--out", str(out / name), *more]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run comparisons one after the other; what has run is not run again."""
    parser = argparse.ArgumentParser(prog="benchmarks.strategies", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"default: all of {', '.join(COMPARISONS)}")
    parser.add_argument("--data", type=Path, required=True, help="folder with nb201/, fcnet/, ...")
    parser.add_argument("--out", type=Path, default=Path("out/strategies"))
    options, more = parser.parse_known_args(arguments)
    if unknown := [name for name in options.names if name not in COMPARISONS]:
        parser.error(f"there is no comparison {unknown[0]!r}; there are {', '.join(COMPARISONS)}")
    for name in options.names or COMPARISONS:
        print(f"\n## {name}\n", flush=True)
        if code := nasctl(options_of(name, options.data, options.out, more)):
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
