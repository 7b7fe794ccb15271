"""The runs of one experiment of MLflow as its REST API writes them, whatever they were read from. Pure.

Runs that `spec.tracking` wrote come back as the candidates that they were, by the names in `nas_core.tracking_names`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from nas_client.errors import InvalidInput
from nas_client.importing.experiment import (
    EarlierExperiment,
    EarlierTrial,
    metrics_of,
    moment,
    read_json,
    refuse_too_many,
    span,
    values_of,
)
from nas_core.spaces.joint import PREFIX
from nas_core.states import Work
from nas_core.tracking_names import ARCHITECTURE, HYPERPARAMETERS, TAG

FINISHED = "FINISHED"


@dataclass
class StoredRun:
    """A run as it is stored."""

    run_id: str
    experiment_id: str
    status: str
    started: datetime | None
    ended: datetime | None
    params: dict[str, object] = field(default_factory=dict)
    metrics: dict[str, object] = field(default_factory=dict)
    """The last value of each."""
    tags: dict[str, object] = field(default_factory=dict)

    @classmethod
    def of(cls, raw: Any) -> StoredRun:
        """Read a run of an answer.

        Raises:
            LookupError, TypeError, AttributeError, ValueError, OverflowError: if it is none.
        """
        info, data = raw["info"], raw.get("data") or {}
        pairs = [
            {str(one["key"]): one.get("value") for one in data.get(name) or []}
            for name in ("params", "metrics", "tags")
        ]
        run_id, experiment, status = str(info["run_id"]), str(info["experiment_id"]), str(info["status"])
        # Proto's JSON writes whole numbers of 64 bits as text.
        started, ended = (moment(int(info[name])) if info.get(name) else None for name in ("start_time", "end_time"))
        return cls(run_id, experiment, status, started, ended, *pairs)


def experiment(name: str, runs: Iterable[StoredRun]) -> EarlierExperiment:
    """Return an experiment of some runs that are not deleted."""
    ordered = sorted(runs, key=lambda run: (run.started is None, run.started, run.run_id))
    trials, notes = [], []
    for place, run in enumerate(run for run in ordered if not _is_search(run)):
        trials.append(_trial(place, run))
    if len(trials) < len(ordered):
        notes.append(f"{len(ordered) - len(trials)} runs are of whole searches, and not of their candidates")
    created, ended = span(time for run in ordered for time in (run.started, run.ended))
    return EarlierExperiment(
        tool="mlflow",
        name=name,
        identity=" ".join([name, *(run.run_id for run in ordered[:1])]),
        created=created,
        ended=ended,
        parameters=dict.fromkeys((name for trial in trials for name in trial.values), ""),
        goals=dict.fromkeys((name for trial in trials for name in trial.metrics), None),
        trials=tuple(trials),
        notes=tuple(notes),
    )


def page_of(answer: Any, where: str) -> tuple[list[StoredRun], str]:
    """Return the runs of an answer to `runs/search`, and the token of the next one, "" if there is none.

    Raises:
        InvalidInput: if it is no such answer.
    """
    try:
        found = answer.get("runs") or []
        refuse_too_many(len(found), where)
        live = [run for run in found if run["info"].get("lifecycle_stage") != "deleted"]
        return [StoredRun.of(run) for run in live], str(answer.get("next_page_token") or "")
    except (LookupError, TypeError, AttributeError, ValueError, OverflowError) as error:  # a time without an end
        raise InvalidInput(
            f"{where} has no runs as MLflow's REST API writes them; write the answer to api/2.0/mlflow/runs/search"
        ) from error


def read_export(text: str, wanted: str | None, where: str) -> EarlierExperiment:
    """Return the experiment of a file with an answer to `runs/search`; ``wanted`` is how it shall be called.

    Raises:
        InvalidInput: if it has none, or runs of several.
    """
    runs, more = page_of(read_json(text, where), where)
    if more:
        raise InvalidInput(f"{where} has only the first of several pages; ask for all runs with a higher max_results")
    experiments = sorted({run.experiment_id for run in runs})
    if len(experiments) != 1:
        raise InvalidInput(
            f"{where} has runs of {len(experiments)} experiments; ask for the runs of one, with experiment_ids"
        )
    return experiment(wanted or f"experiment {experiments[0]}", runs)


def _is_search(run: StoredRun) -> bool:
    return f"{TAG}search" in run.tags and f"{TAG}work" not in run.tags


def _trial(place: int, run: StoredRun) -> EarlierTrial:
    work = run.tags.get(f"{TAG}work")
    index = run.tags.get(f"{TAG}index")
    state = run.status if work in (None, Work.TRAIN) else f"{run.status}, {work}"
    return EarlierTrial(
        index=int(index) if isinstance(index, str) and index.isdecimal() and len(index) < 8 else place,
        state=state,
        # Trained again in full, it is the same candidate with a result of more epochs.
        complete=state == FINISHED,
        values=values_of(_params(run.params, tracked=work is not None)),
        metrics=metrics_of(run.metrics.items()),
    )


def _params(params: Mapping[str, object], tracked: bool) -> Iterable[tuple[str, object]]:
    for name, value in params.items():
        if tracked and name.startswith(ARCHITECTURE):
            yield name.removeprefix(ARCHITECTURE), value
        elif tracked and name.startswith(HYPERPARAMETERS):
            yield PREFIX + name.removeprefix(HYPERPARAMETERS), value
        else:
            yield name, value
