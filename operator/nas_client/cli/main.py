"""The command line of `nasctl`: find the command, let it run, turn what goes wrong into a line and an exit code."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from rich.console import Console

from nas_client.cli.commands import COMMANDS
from nas_client.errors import ClientError, ExtraMissing, InvalidInput

EXIT_USAGE = 2
"""As argparse's own."""
EXIT_NO_ANSWER = 3
EXIT_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its file says what the exit codes 0 and 1 mean."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    parser = argparse.ArgumentParser(prog="nasctl", description="Look at neural architecture searches.")
    verbs = parser.add_subparsers(required=True)
    # All of them, so that --help lists every command, though only one is loaded.
    parsers = {verb: verbs.add_parser(verb, help=command.help) for verb, command in COMMANDS.items()}
    chosen = given[0] if given else ""
    if chosen not in COMMANDS:
        parser.parse_args(given)  # help, or a mistake: both end here
        return EXIT_USAGE
    interrupted = "stopped"
    try:
        command = COMMANDS[chosen].load()
        interrupted = command.INTERRUPTED
        # Only now: the options of the other commands would need their packages.
        command.add_arguments(parsers[chosen])
        return command.run(parser.parse_args(given), Console())
    except (InvalidInput, ExtraMissing) as error:
        return _say(str(error), EXIT_USAGE)
    except ClientError as error:
        return _say(str(error), EXIT_NO_ANSWER)
    except KeyboardInterrupt:
        return _say(interrupted, EXIT_INTERRUPTED)


def _say(message: str, code: int) -> int:
    print(f"nasctl: {message}", file=sys.stderr)  # noqa: T201
    return code
