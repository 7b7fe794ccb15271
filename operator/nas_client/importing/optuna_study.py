"""A study of Optuna as both of its storages in files keep it: `optuna_storage` (SQLite), `optuna_journal`. Pure.

Distributions and states are those of Optuna 2 to 5. Values of parameters are stored as numbers: of a categorical
parameter the place of the choice.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from nas_client.errors import InvalidInput
from nas_client.importing.experiment import (
    EarlierExperiment,
    EarlierTrial,
    Goal,
    described_choices,
    described_range,
    metrics_of,
    number,
    span,
    values_of,
)

COMPLETE = "COMPLETE"
STATES = ("RUNNING", COMPLETE, "PRUNED", "FAIL", "WAITING")
"""By the number that a journal has."""
METRIC_NAMES = "study:metric_names"
"""System attribute of a study with the names of its objectives (`Study.set_metric_names`)."""


@dataclass
class StoredTrial:
    """A trial as it is stored."""

    number: int
    state: str
    parameters: dict[str, tuple[object, object]] = field(default_factory=dict)
    """The stored number and the distribution, as JSON text or read already."""
    values: list[object] = field(default_factory=list)
    started: datetime | None = None
    ended: datetime | None = None


def experiment(
    name: str, directions: Sequence[Goal | None], metric_names: object, trials: Sequence[StoredTrial]
) -> EarlierExperiment:
    """Return a study.

    Args:
        name: of the study.
        directions: of its objectives, in order.
        metric_names: what its system attribute says they are called; None if it has none.
        trials: all of it.
    """
    metrics = _metrics(metric_names, len(directions))
    parameters: dict[str, str] = {}
    read: list[EarlierTrial] = []
    distributions: dict[str, Mapping[str, object]] = {}
    for trial in trials:
        values = []
        for parameter, (stored, raw) in trial.parameters.items():
            distribution = _distribution(raw, distributions)
            parameters.setdefault(parameter, _described(distribution))
            values.append((parameter, _external(stored, distribution)))
        read.append(
            EarlierTrial(
                index=trial.number,
                state=trial.state,
                complete=trial.state == COMPLETE,
                values=values_of(values),
                metrics=metrics_of(zip(metrics, trial.values, strict=False)),
            )
        )
    created, ended = span(time for trial in trials for time in (trial.started, trial.ended))
    return EarlierExperiment(
        tool="optuna",
        name=name,
        identity=f"{name} {created.isoformat()}",
        created=created,
        ended=ended,
        parameters=parameters,
        goals=dict(zip(metrics, directions, strict=True)),
        trials=tuple(read),
    )


def goal(direction: object) -> Goal | None:
    """Return what a direction's name or number says is better."""
    match direction:
        case "MINIMIZE" | 1:
            return "minimize"
        case "MAXIMIZE" | 2:
            return "maximize"
    return None


def _metrics(names: object, count: int) -> list[str]:
    """Return the names of the objectives: a study need not have given them any."""
    given = [one for one in names if isinstance(one, str)] if isinstance(names, list) else []
    if len(given) == count == len(set(given)):
        return given
    return ["value"] if count == 1 else [f"values_{place}" for place in range(count)]


def _distribution(raw: object, known: dict[str, Mapping[str, object]]) -> Mapping[str, object]:
    if not isinstance(raw, str):
        return {}
    # The same text is there once for each trial.
    if raw not in known:
        known[raw] = _read(raw)
    return known[raw]


def _read(raw: str) -> Mapping[str, object]:
    try:
        found = json.loads(raw)
        name, attributes = found["name"], found["attributes"]
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise InvalidInput(
            f"a parameter has the distribution {raw[:100]!r}, which is none of Optuna; give the file as Optuna wrote it"
        ) from error
    return {"name": name, **attributes} if isinstance(attributes, dict) else {"name": name}


def _described(distribution: Mapping[str, object]) -> str:
    if "choices" in distribution:
        return described_choices(distribution["choices"])
    name = str(distribution.get("name"))
    log = distribution.get("log") is True or "LogUniform" in name
    return described_range(distribution.get("low"), distribution.get("high"), log)


def _external(stored: object, distribution: Mapping[str, object]) -> object:
    """Return the value that a stored number stands for; a list, which no parameter can be, if it stands for none."""
    value = number(stored)
    if value is None:
        return []
    choices = distribution.get("choices")
    if isinstance(choices, list):
        return choices[int(value)] if 0 <= value < len(choices) else []
    return int(value) if str(distribution.get("name")).startswith("Int") else value
