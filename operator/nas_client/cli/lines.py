"""What `nasctl watch` writes where the output is no terminal, such as a CI log: a line for each change. Pure."""

from __future__ import annotations

from nas_client.search_state import SearchState, trial_state
from nas_core.api.search_status import BestArchitecture
from nas_core.records.conditions import find
from nas_core.records.trial import TrialView
from nas_core.states import ConditionType, Outcome, State


def changes(old: SearchState | None, new: SearchState) -> list[str]:
    """Return lines saying what is different from the last state (None: there was none)."""
    lines = []
    if old is None or old.reason[0] != new.reason[0]:
        reason, message = new.reason
        lines.append(": ".join(filter(None, (reason, message))))
    before = {trial.meta.name: trial_state(trial) for trial in old.trials} if old else {}
    for trial in new.trials:
        state = trial_state(trial)
        # A pending trial is no news; that it runs is.
        if state not in (before.get(trial.meta.name), State.PENDING):
            lines.append(_trial_line(new, trial, state))
    if (data := new.status.dataset) and (old is None or old.status.dataset != data):
        lines += [f"data: {data.describe()}", *(f"data: warning: {warning}" for warning in data.warnings)]
        lines += [f"baseline: {each.name} {_metrics(new, '', each.metrics)}" for each in data.baseline]
    if (plan := new.status.plan) and (old is None or not old.status.plan or old.status.plan.chosen != plan.chosen):
        lines += [f"chosen: {each.field} {each.value}: {each.reason}" for each in plan.chosen]
    known = {target: best for target, best, _ in old.found} if old else {}
    for target, best, _ in new.found:
        if best != known.get(target, []):
            lines += [_best_line(new, target, entry) for entry in best]
    return lines


def still(state: SearchState) -> str:
    """Return a sign of life for when nothing has changed for a while."""
    running = [
        f"{trial.meta.name} {'epoch ' if state.trains(trial) else ''}{state.at(trial)}" for trial in state.running
    ]
    return f"{state.ended}/{state.planned} trials ended; running: {', '.join(running) or 'none'}"


def _trial_line(search: SearchState, trial: TrialView, state: str) -> str:
    if state == Outcome.SUCCEEDED and trial.status.dataset:
        return f"{trial.meta.name} succeeded"
    if state == Outcome.SUCCEEDED:
        return f"{trial.meta.name} succeeded: {_metrics(search, trial.meta.name, trial.status.metrics)}"
    if evidence := trial.status.stop_evidence:
        values = _metrics(search, trial.meta.name, trial.status.metrics)
        return f"{trial.meta.name} stopped {evidence.describe()}: {values}"
    if state == Outcome.FAILED:
        failed = find(trial.status.conditions, ConditionType.FAILED)
        return f"{trial.meta.name} failed: {failed.reason}: {failed.message}" if failed else f"{trial.meta.name} failed"
    return f"{trial.meta.name} {state.lower()}"


def _best_line(search: SearchState, target: str | None, entry: BestArchitecture) -> str:
    of = f" for {target}" if target else ""
    return f"best so far{of}: {entry.trial} {_metrics(search, entry.trial, entry.metrics)} {entry.architecture}"


def _metrics(search: SearchState, trial: str, metrics: dict[str, float]) -> str:
    names = [objective.metric for objective in search.spec.objectives]
    return ", ".join(f"{name}={search.metric(trial, name, metrics)}" for name in names)
