"""The commands of `nasctl`: one line of this table and one file each.

Only the file of the command that is used is imported, so that a look at a search does not load what a comparison of
strategies needs, and works where that is not installed.
"""

from __future__ import annotations

import functools
import gc
import importlib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, cast

import typer

from nas_client.errors import ClientError, ExtraMissing, InvalidInput

EXIT_USAGE = 2
"""As typer's own."""
EXIT_NO_ANSWER = 3
EXIT_INTERRUPTED = 130


class CommandModule(Protocol):
    """What the file of a command has."""

    INTERRUPTED: str
    """What is said after Ctrl-C."""

    command: Callable[..., int]
    """Does it and returns the exit code. Its parameters are the command's arguments and options, as typer reads them.
    It may raise a `ClientError`."""


@dataclass(frozen=True)
class Command:
    """A line of the table."""

    help: str
    module: str
    extra: str | None = None
    """Extra of the package that the command needs; None: what every installation has is enough."""

    def load(self) -> CommandModule:
        """Import the command's file.

        Raises:
            ExtraMissing: if a package that it needs is not installed.
        """
        # What importing makes stays, so to look for garbage in it meanwhile is lost: 5 % of the time of `nasctl list`.
        collecting = gc.isenabled()
        gc.disable()
        try:
            return cast(CommandModule, importlib.import_module(self.module))
        except ModuleNotFoundError as error:
            # Every installation has what it needs, so this is a mistake in our own code.
            if self.extra is None:
                raise
            package = (error.name or self.module).partition(".")[0]
            raise ExtraMissing(
                f"this command needs {package}, which is not installed; pip install 'nas-operator[{self.extra}]'"
            ) from error
        finally:
            if collecting:
                gc.enable()

    def function(self) -> Callable[..., None]:
        """Return the function that typer calls: it ends with the command's exit code, and says what goes wrong.

        Raises:
            ExtraMissing: if a package that it needs is not installed.
        """
        module = self.load()

        @functools.wraps(module.command)
        def run(*arguments: object, **options: object) -> None:
            try:
                raise typer.Exit(module.command(*arguments, **options))
            except ClientError as error:
                raise typer.Exit(say(error)) from error
            except KeyboardInterrupt as interrupt:
                print(f"nasctl: {module.INTERRUPTED}", file=sys.stderr)  # noqa: T201
                raise typer.Exit(EXIT_INTERRUPTED) from interrupt

        return run


def say(error: ClientError) -> int:
    """Tell on standard error what went wrong; return the exit code."""
    print(f"nasctl: {error}", file=sys.stderr)  # noqa: T201
    return EXIT_USAGE if isinstance(error, (InvalidInput, ExtraMissing)) else EXIT_NO_ANSWER


COMMANDS = {
    "init": Command("look at your data and write a manifest for it", "nas_client.cli.init"),
    "validate": Command("say what is wrong with a manifest, without a cluster", "nas_client.cli.validate", "validate"),
    "run": Command("run a search on this machine, without a cluster", "nas_client.cli.run", "local"),
    "predict": Command("say what a model predicts for a file or folder", "nas_client.cli.predict", "predict"),
    "submit": Command("give a manifest to the cluster", "nas_client.cli.submit"),
    "list": Command("list the searches of a namespace", "nas_client.cli.list"),
    "show": Command("show how a search stands, once", "nas_client.cli.show"),
    "trials": Command("list the trials of a search", "nas_client.cli.trials"),
    "explain": Command("say why a trial was tried, and what came of it", "nas_client.cli.explain"),
    "logs": Command("show what a trial has written", "nas_client.cli.logs"),
    "compare": Command("compare two searches: settings, best, cost, ranks", "nas_client.cli.compare"),
    "import": Command("begin with results of other tools", "nas_client.cli.import_results", "validate"),
    "knowledge": Command("list what ended searches have left for later ones", "nas_client.cli.knowledge"),
    "suspend": Command("suspend a search: its trials write checkpoints and end", "nas_client.cli.suspend"),
    "resume": Command("let a suspended search go on", "nas_client.cli.resume"),
    "budget": Command("change how much a search may use", "nas_client.cli.budget"),
    "retry": Command("try again what has failed", "nas_client.cli.retry"),
    "prefer": Command("say which of two candidates is better, or be asked", "nas_client.cli.prefer"),
    "extend": Command("train the best of a search longer", "nas_client.cli.extend"),
    "watch": Command("follow a search live until it has ended", "nas_client.cli.watch"),
    "best": Command("print the best architectures so far and their weights", "nas_client.cli.best"),
    "report": Command("write a search into one HTML file, with plots", "nas_client.cli.report", "report"),
    "tensorboard": Command("write a search for TensorBoard", "nas_client.cli.tensorboard", "tensorboard"),
    "wandb": Command("write or send a search for Weights & Biases", "nas_client.cli.wandb", "wandb"),
    "export": Command("make a model of a trial that has weights", "nas_client.cli.export"),
    "promote": Command("make a version of a model the one in production", "nas_client.cli.promote"),
    "lineage": Command("draw where a model comes from", "nas_client.cli.lineage"),
    "serve-manifest": Command("write the KServe manifest of a model", "nas_client.cli.serve_manifest"),
    "replay": Command("ask the strategy again for every recorded trial", "nas_client.cli.replay", "search"),
    "reproduce": Command("train again from a record, and compare", "nas_client.cli.reproduce", "local"),
    "benchmark": Command("compare strategies on a tabulated benchmark", "nas_client.cli.benchmark", "benchmark"),
    "table": Command("turn NAS-Bench-101's official file into a table", "nas_client.cli.table", "benchmark"),
}
"""By the word that is typed."""
