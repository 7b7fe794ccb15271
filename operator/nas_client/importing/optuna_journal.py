"""Reads a study of Optuna from the file of a `JournalStorage`: a line of JSON for each operation. Pure.

The operations are replayed as Optuna does: IDs of studies and trials are counted, and a trial that has ended is not
changed any more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from nas_client.errors import InvalidInput
from nas_client.importing.experiment import EarlierExperiment, Goal, moment, read_json, refuse_too_many, the_one
from nas_client.importing.optuna_study import METRIC_NAMES, STATES, StoredTrial, experiment, goal

UNFINISHED = ("RUNNING", "WAITING")

Line = Mapping[str, object]


class _Operation(IntEnum):
    """`JournalOperation` of Optuna, as far as results depend on it."""

    CREATE_STUDY = 0
    DELETE_STUDY = 1
    SET_STUDY_SYSTEM_ATTR = 3
    CREATE_TRIAL = 4
    SET_TRIAL_PARAM = 5
    SET_TRIAL_STATE_VALUES = 6


@dataclass
class _Study:
    name: str
    directions: list[Goal | None]
    metric_names: object = None
    trials: list[StoredTrial] = field(default_factory=list)


class _Replay:
    def __init__(self) -> None:
        self.studies: dict[int, _Study] = {}
        self._made = 0
        self._trials: list[StoredTrial] = []

    def apply(self, line: Line) -> None:
        match line["op_code"]:
            case _Operation.CREATE_STUDY:
                self._create_study(line)
            case _Operation.DELETE_STUDY:
                self.studies.pop(_whole(line["study_id"]), None)
            case _Operation.SET_STUDY_SYSTEM_ATTR:
                self._name_metrics(line)
            case _Operation.CREATE_TRIAL:
                self._create_trial(line)
            case _Operation.SET_TRIAL_PARAM:
                self._set_parameter(line)
            case _Operation.SET_TRIAL_STATE_VALUES:
                self._set_state(line)

    def _create_study(self, line: Line) -> None:
        name, directions = str(line["study_name"]), line["directions"]
        if any(study.name == name for study in self.studies.values()) or not isinstance(directions, list):
            return
        self.studies[self._made] = _Study(name, [goal(one) for one in directions])
        self._made += 1

    def _name_metrics(self, line: Line) -> None:
        study, attribute = self.studies.get(_whole(line["study_id"])), line["system_attr"]
        if study and isinstance(attribute, dict) and METRIC_NAMES in attribute:
            study.metric_names = attribute[METRIC_NAMES]

    def _create_trial(self, line: Line) -> None:
        study = self.studies.get(_whole(line["study_id"]))
        if study is None:
            return
        trial = StoredTrial(len(study.trials), STATES[_whole(line.get("state", 0))])
        parameters, distributions = line.get("params"), line.get("distributions")
        if isinstance(parameters, dict) and isinstance(distributions, dict):
            trial.parameters = {name: (value, distributions.get(name)) for name, value in parameters.items()}
        one = line.get("value")
        trial.values = _listed(line.get("values")) or ([] if one is None else [one])
        trial.started, trial.ended = moment(line.get("datetime_start")), moment(line.get("datetime_complete"))
        study.trials.append(trial)
        self._trials.append(trial)

    def _set_parameter(self, line: Line) -> None:
        if trial := self._unfinished(line):
            trial.parameters[str(line["param_name"])] = (line["param_value_internal"], line["distribution"])

    def _set_state(self, line: Line) -> None:
        if trial := self._unfinished(line):
            trial.state = STATES[_whole(line["state"])]
            trial.values = _listed(line.get("values")) or trial.values
            trial.started = trial.started or moment(line.get("datetime_start"))
            trial.ended = moment(line.get("datetime_complete"))

    def _unfinished(self, line: Line) -> StoredTrial | None:
        place = _whole(line["trial_id"])
        trial = self._trials[place] if place < len(self._trials) else None
        return trial if trial and trial.state in UNFINISHED else None


def read_journal(text: str, wanted: str | None, where: str) -> EarlierExperiment:
    """Return a study of a journal; ``wanted`` is its name, which may be left out where there is one.

    Raises:
        InvalidInput: if it is not there, or the text is no journal of Optuna.
    """
    replay = _Replay()
    lines = text.split("\n")
    for place, raw in enumerate(lines, 1):
        if not raw.strip():
            continue
        # Without a line end it was being written when the file was copied.
        if place == len(lines):
            break
        line = read_json(raw, f"{where}, line {place},")
        try:
            if not isinstance(line, dict):
                raise TypeError("no object")
            replay.apply(line)
        except (LookupError, TypeError, ValueError) as error:
            raise InvalidInput(
                f"{where}, line {place}, is no operation of Optuna's journal ({type(error).__name__}: "
                f"{str(error)[:100]}); give the file of a JournalFileBackend"
            ) from error
    named = {study.name: study for study in replay.studies.values()}
    study = named[the_one(named, wanted, "study", where)]
    refuse_too_many(len(study.trials), where)
    return experiment(study.name, study.directions, study.metric_names, study.trials)


def _whole(raw: object) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int) or raw < 0:
        raise TypeError(f"{str(raw)[:20]} is no number of a study, trial or state")
    return raw


def _listed(raw: object) -> list[object]:
    return list(raw) if isinstance(raw, list) else []
