"""``nasctl benchmark``, which needs the extra of that name: strategies side by side on a table, without a cluster."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

from nas_benchmark.command import Options, run
from nas_benchmark.other_libraries import ALGORITHMS
from nas_benchmark.summary import NEAR_SHARE
from nas_client.errors import InvalidInput

INTERRUPTED = "stopped; the same command goes on from here"

_NEAR = (
    f"Regret at which the best counts as found, in the metric's unit; default: {NEAR_SHARE:.0%} of the way from the "
    "table's median to its best."
)


def command(
    table: Annotated[list[Path], typer.Option(help="CSV, may be .gz; further ones are joined by a shared column.")],
    metric: Annotated[str, typer.Option(help="Column to optimise; with *: the mean of several.")],
    space: Annotated[str, typer.Option(help="The table's space: a name, or a NASSearchSpace's file.")] = Options.space,
    encoding: Annotated[
        str | None, typer.Option(help="Column with one digit a decision, if there is no arch_str or architecture.")
    ] = None,
    goal: Annotated[Literal["maximize", "minimize"], typer.Option(help="What is best.")] = "maximize",
    cost: Annotated[
        list[str] | None, typer.Option(help="Further column to minimise; may be given several times.")
    ] = None,
    test: Annotated[str | None, typer.Option(help="Column to evaluate the best in the end.")] = None,
    seconds: Annotated[
        str | None, typer.Option(help="Column with the duration of a trial, for --workers; default: all the same.")
    ] = None,
    strategies: Annotated[
        str, typer.Option(help="Names separated by commas, with settings as NAME:setting=value.")
    ] = Options.strategies,
    peers: Annotated[
        str, typer.Option(help=f"Algorithms of other libraries, separated by commas: {', '.join(ALGORITHMS)}.")
    ] = "",
    scores: Annotated[
        str,
        typer.Option(
            help="Columns with zero-cost scores, separated by commas, for zero-cost and strategies with :keep=N."
        ),
    ] = "",
    scored: Annotated[int, typer.Option(help="Candidates whose scores a run knows before it begins.")] = Options.scored,
    seeds: Annotated[int, typer.Option(help="Runs of each strategy.")] = Options.seeds,
    budget: Annotated[int, typer.Option(help="Candidates of a run.")] = Options.budget,
    workers: Annotated[int, typer.Option(help="Trials at a time, in simulated time.")] = Options.workers,
    twins: Annotated[
        Literal["raw", "mean"], typer.Option(help="Isomorphic networks: each by itself, or with their mean.")
    ] = "raw",
    near: Annotated[float | None, typer.Option(help=_NEAR)] = None,
    processes: Annotated[int, typer.Option(help="Processes that work.")] = Options.processes,
    out: Annotated[Path, typer.Option(help="Directory of results; runs in it are not repeated.")] = Options.out,
) -> int:
    """Run what is missing and print the table.

    Raises:
        InvalidInput: if a strategy, a table or the space cannot be used.
    """
    options = Options(
        table=table,
        metric=metric,
        space=space,
        encoding=encoding,
        goal=goal,
        cost=cost or [],
        test=test,
        seconds=seconds,
        strategies=strategies,
        peers=peers,
        scores=tuple(filter(None, scores.split(","))),
        scored=scored,
        seeds=seeds,
        budget=budget,
        workers=workers,
        twins=twins,
        near=near,
        processes=processes,
        out=out,
    )
    try:
        return run(options, Console())
    except (ValueError, OSError) as error:
        raise InvalidInput(str(error)) from error
