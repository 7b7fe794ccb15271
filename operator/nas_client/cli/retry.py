"""``nasctl retry SEARCH``: try again what has failed, when its cause is corrected; exit code 0.

A candidate is tried again as a new one (`spec.retry`), so the record of the failure stays. Trials of other work
(preparing, scoring, training again) are deleted: the search makes them once more.
"""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from nas_client.cli.options import Context, Kubeconfig, Namespace, Search, connect
from nas_client.errors import InvalidInput
from nas_client.search_state import SearchState
from nas_client.searches import Searches
from nas_core.records.trial import TrialView
from nas_core.states import Work

INTERRUPTED = "stopped; the same command does the rest"


def command(
    search: Search,
    trial: Annotated[
        list[str] | None, typer.Option("--trial", help="Name of a trial; several times. Default: all that failed.")
    ] = None,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
) -> int:
    """Ask for it.

    Raises:
        InvalidInput: if a trial that is named has not failed, or the API server does not take the change.
    """
    reader = connect(kubeconfig, context, namespace)
    state, searches, console = reader.read(search), Searches(reader), Console(soft_wrap=True, highlight=False)
    failed = failed_trials(state, trial)
    indices = failed_candidates(state, failed)
    if indices:
        searches.change(search, {"retry": sorted({*state.spec.retry, *indices})})
    others = [one.meta.name for one in failed if one.spec.work != Work.TRAIN]
    for name in others:
        searches.delete_trial(name)
    if not indices and not others:
        console.print(f"nassearch/{search}: nothing has failed that is not tried again already", markup=False)
        return 0
    what = [f"candidates {', '.join(map(str, indices))}"] if indices else []
    console.print(f"nassearch/{search} tries again: {', '.join([*what, *others])}", markup=False)
    return 0


def failed_trials(state: SearchState, names: list[str] | None) -> list[TrialView]:
    """Return the trials that have failed, all or those with some names.

    Raises:
        InvalidInput: if one of these has not failed.
    """
    failed = [
        trial
        for trial in state.trials
        if trial.recorded and (trial.failed or (not trial.succeeded and not trial.refused))
    ]
    if names is None:
        return failed
    known = {trial.meta.name for trial in failed}
    if wrong := [name for name in names if name not in known]:
        have = ", ".join(sorted(known)) or "none"
        raise InvalidInput(f"--trial {wrong[0]}: no trial of that name has failed; those that have: {have}")
    return [trial for trial in failed if trial.meta.name in names]


def failed_candidates(state: SearchState, failed: list[TrialView]) -> list[int]:
    """Return the indices of the candidates that failed in some trials and are not tried again yet."""
    again = {*state.spec.retry, *(index for trial in state.trials for index in trial.retries)}
    found = {index for trial in failed if trial.spec.work == Work.TRAIN for index in trial.failed}
    return sorted(found - again)
