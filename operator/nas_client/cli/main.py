"""The command line of `nasctl`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from rich.console import Console

from nas_benchmark import command, conversion
from nas_client.cli.follow import display_for, follow
from nas_client.cli.screen import best_table
from nas_client.reader import Reader, Refused, Unreachable
from nas_client.search_state import Standing

EXIT_NOT_SUCCEEDED = 1
EXIT_USAGE = 2
EXIT_NO_ANSWER = 3
EXIT_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point; the exit code is 0 when the search succeeded (watch) or has a best architecture (best)."""
    parsed = _parser().parse_args(arguments)
    console = Console()
    if parsed.verb in ("benchmark", "table"):
        try:
            return command.run(parsed, console) if parsed.verb == "benchmark" else conversion.run(parsed, console)
        except (ValueError, OSError) as error:
            print(f"nasctl: {error}", file=sys.stderr)  # noqa: T201
            return EXIT_USAGE
        except KeyboardInterrupt:
            goes_on = "goes on from here" if parsed.verb == "benchmark" else "begins anew"
            print(f"nasctl: stopped; the same command {goes_on}", file=sys.stderr)  # noqa: T201
            return EXIT_INTERRUPTED
    try:
        reader = Reader.connect(parsed.kubeconfig, parsed.context, parsed.namespace)
        return (
            watch(reader, parsed.name, console)
            if parsed.verb == "watch"
            else best(reader, parsed.name, console, parsed.output)
        )
    except (Refused, Unreachable) as error:
        print(f"nasctl: {error}", file=sys.stderr)  # noqa: T201
        return EXIT_NO_ANSWER
    except KeyboardInterrupt:
        # The search goes on: it lives in the cluster, not here.
        print("nasctl: stopped watching; the search goes on", file=sys.stderr)  # noqa: T201
        return EXIT_INTERRUPTED


def watch(reader: Reader, name: str, console: Console) -> int:
    """Follow a search until it is over."""
    with display_for(console) as display:
        last = follow(reader, name, display)
    return 0 if last.standing is Standing.SUCCEEDED else EXIT_NOT_SUCCEEDED


def best(reader: Reader, name: str, console: Console, output: str) -> int:
    """Print the best architectures so far; with ``json`` those that were trained again in full, if there are any."""
    snapshot = reader.snapshot(name)
    found = snapshot.status.retrained or snapshot.status.best
    if output == "json":
        console.print_json(json.dumps([entry.to_dict() for entry in found]))
    elif found:
        console.print(best_table(snapshot))
        for entry in found:
            if entry.checkpoint:
                console.print(f"{entry.trial}: {entry.checkpoint}", markup=False, highlight=False, soft_wrap=True)
    else:
        console.print("no trial has succeeded yet")
    return 0 if found else EXIT_NOT_SUCCEEDED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="nasctl", description="Look at neural architecture searches.")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("name", help="name of the NASSearch")
    common.add_argument("-n", "--namespace", help="its namespace; default: the context's")
    common.add_argument("--context", help="context of the kubeconfig; default: the current one")
    common.add_argument("--kubeconfig", help="path of the kubeconfig; default: KUBECONFIG or ~/.kube/config")
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("watch", parents=[common], help="follow a search live until it has ended")
    shown = verbs.add_parser("best", parents=[common], help="print the best architectures so far and their weights")
    shown.add_argument("-o", "--output", choices=["table", "json"], default="table", help="form of the output")
    command.add_arguments(verbs.add_parser("benchmark", help="compare strategies on a tabulated benchmark"))
    conversion.add_arguments(verbs.add_parser("table", help="turn NAS-Bench-101's official file into a table"))
    return parser
