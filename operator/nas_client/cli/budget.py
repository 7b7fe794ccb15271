"""``nasctl budget SEARCH``: change how much a search may use; one that has ended goes on if it may use more.

Exit code 0 when the API server has taken it.
"""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from nas_client.cli.options import Context, Kubeconfig, Namespace, Search, connect
from nas_client.errors import InvalidInput
from nas_client.searches import Searches

INTERRUPTED = "stopped; see: nasctl show SEARCH"


def command(
    search: Search,
    max_trials: Annotated[int | None, typer.Option(help="Candidates in all.", show_default=False)] = None,
    parallel_trials: Annotated[int | None, typer.Option(help="Trials at the same time.", show_default=False)] = None,
    min_parallel_trials: Annotated[
        int | None, typer.Option(help="At least so many, and more while there is room.", show_default=False)
    ] = None,
    max_failed_trials: Annotated[
        int | None, typer.Option(help="Failures after which the search fails.", show_default=False)
    ] = None,
    max_duration: Annotated[
        str | None, typer.Option(help="Time after which it ends, such as 24h.", show_default=False)
    ] = None,
    max_gpu_hours: Annotated[
        str | None, typer.Option(help="GPU-hours after which it ends.", show_default=False)
    ] = None,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
) -> int:
    """Change `spec.budget`.

    Raises:
        InvalidInput: if nothing is to be changed, or the API server does not take it.
    """
    wanted = {
        "maxTrials": max_trials,
        "parallelTrials": parallel_trials,
        "minParallelTrials": min_parallel_trials,
        "maxFailedTrials": max_failed_trials,
        "maxDuration": max_duration,
        "maxGPUHours": max_gpu_hours,
    }
    change = {name: value for name, value in wanted.items() if value is not None}
    if not change:
        raise InvalidInput(
            "nothing to change: give --max-trials, --parallel-trials, --min-parallel-trials, --max-failed-trials, "
            "--max-duration or --max-gpu-hours"
        )
    Searches(connect(kubeconfig, context, namespace)).change(search, {"budget": change})
    changed = ", ".join(f"{name}: {value}" for name, value in change.items())
    Console().print(f"nassearch/{search}: budget {changed}", markup=False, highlight=False, soft_wrap=True)
    return 0
