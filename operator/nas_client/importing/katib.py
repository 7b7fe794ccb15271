"""Reads an Experiment of Katib and its Trials, as `kubectl get experiments,trials -o json` writes them. Pure.

Of `kubeflow.org/v1beta1`. An ENAS trial has its architecture as a text of numbers in a parameter (Katib's ENAS
suggestion): it is taken apart into a parameter for each decision about each layer. What DARTS finds stands in its log
alone, so there is nothing to take.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from nas_client.errors import InvalidInput
from nas_client.importing.experiment import (
    EarlierExperiment,
    EarlierTrial,
    Goal,
    described_choices,
    described_range,
    metrics_of,
    moment,
    number,
    read_json,
    refuse_too_many,
    span,
    the_one,
    values_of,
)
from nas_client.manifest import FILE_LIMIT, objects_in

Json = Mapping[str, object]

GROUP = "kubeflow.org/"
STATES = ("Succeeded", "EarlyStopped", "Failed", "Killed", "MetricsUnavailable", "Running", "Created")
"""Conditions of a Trial, the one that says most first."""
LABELS = ("katib.kubeflow.org/experiment", "experiment")
"""Of a Trial, with the name of its Experiment."""
ARCHITECTURE, OPERATIONS = "architecture", "nn_config"
"""Parameters of an ENAS trial: numbers of its layers, and which operations they stand for."""
DARTS = "darts"
MOST_LAYERS = 32
"""Of an ENAS architecture: the decisions about all of them are as many as an entry has."""
MOST_TEXT = 1 << 20
"""Characters of an ENAS parameter."""


def read_experiment(text: str, wanted: str | None, where: str) -> EarlierExperiment:
    """Return an Experiment; ``wanted`` is its name, which may be left out where there is one.

    Raises:
        InvalidInput: if it is not there, or the text has no objects of Katib.
    """
    objects = [one for one in _objects(text, where) if _text(one.get("apiVersion")).startswith(GROUP)]
    experiments = {_name(one): one for one in objects if one.get("kind") == "Experiment"}
    if not experiments:
        raise InvalidInput(
            f"{where} has no Experiment of {GROUP}v1beta1; write it with: kubectl get experiments,trials -o json"
        )
    name = the_one(experiments, wanted, "Experiment", where)
    experiment = experiments[name]
    trials = [one for one in objects if one.get("kind") == "Trial" and _owner(one) == name]
    refuse_too_many(len(trials), where)
    trials.sort(key=lambda one: (_text(_meta(one).get("creationTimestamp")), _name(one)))
    objective = _map(_map(experiment.get("spec")).get("objective"))
    spec = _map(experiment.get("spec"))
    status = _map(experiment.get("status"))
    created, ended = span(
        (moment(_meta(experiment).get("creationTimestamp")), *(moment(status.get(at)) for at in ("completionTime",)))
    )
    return EarlierExperiment(
        tool="katib",
        name=name,
        identity=_text(_meta(experiment).get("uid")) or name,
        created=created,
        ended=ended,
        parameters={_text(one.get("name")): _described(one) for one in _maps(spec.get("parameters"))},
        goals=_goals(objective),
        trials=tuple(_trial(place, one, objective) for place, one in enumerate(trials)),
        notes=tuple(_notes(spec, trials)),
    )


def _objects(text: str, where: str) -> Iterator[Json]:
    # JSON is YAML too, but a thousand trials would take minutes to read as that.
    in_json = text.lstrip().startswith("{")
    if not in_json and len(text) > FILE_LIMIT:
        raise InvalidInput(f"{where} has more than {FILE_LIMIT:,} characters of YAML; write it with: kubectl … -o json")
    read = [read_json(text, where)] if in_json else objects_in(text, Path(where))
    for one in read:
        document = _map(one)
        yield from _maps(document.get("items")) if _text(document.get("kind")).endswith("List") else [document]


def _goals(objective: Json) -> dict[str, Goal | None]:
    kind = objective.get("type")
    found: dict[str, Goal | None] = {}
    if name := _text(objective.get("objectiveMetricName")):
        found[name] = "maximize" if kind == "maximize" else "minimize" if kind == "minimize" else None
    for other in _list(objective.get("additionalMetricNames")):
        if isinstance(other, str):
            found.setdefault(other, None)
    return found


def _described(parameter: Json) -> str:
    space = _map(parameter.get("feasibleSpace"))
    if space.get("list"):
        return described_choices(space["list"])
    return described_range(space.get("min"), space.get("max"), "log" in _text(space.get("distribution")).lower())


def _trial(place: int, trial: Json, objective: Json) -> EarlierTrial:
    spec, status = _map(trial.get("spec")), _map(trial.get("status"))
    true = {_text(one.get("type")) for one in _maps(status.get("conditions")) if one.get("status") == "True"}
    state = next((one for one in STATES if one in true), "Created")
    given = {_text(one.get("name")): one.get("value") for one in _maps(spec.get("parameterAssignments"))}
    layers = _layers(given)
    ways = {_text(one.get("name")): _text(one.get("value")) for one in _maps(objective.get("metricStrategies"))}
    if objective.get("type") in ("maximize", "minimize"):
        # What Katib fills in where nothing is said.
        ways.setdefault(
            _text(objective.get("objectiveMetricName")), "max" if objective["type"] == "maximize" else "min"
        )
    seen = _maps(_map(status.get("observation")).get("metrics"))
    return EarlierTrial(
        index=place,
        state=state,
        complete=state == "Succeeded",
        values=values_of(layers.items() if layers else given.items()),
        metrics=metrics_of((one.get("name"), _value(one, ways)) for one in seen),
    )


def _value(metric: Json, ways: Mapping[str, str]) -> object:
    chosen = metric.get(ways.get(_text(metric.get("name")), "latest"))
    # "unavailable" where a metric was reported but once, or is no number.
    return metric.get("latest") if number(chosen) is None else chosen


def _layers(given: Mapping[str, object]) -> dict[str, str]:
    """Return the decisions of an ENAS architecture: operation and skip connections of each layer; empty if it has none.

    A row of the architecture is a layer: the number of its operation, and for each layer before it, the input first,
    whether there is a skip connection from it.
    """
    raw, operations = given.get(ARCHITECTURE), given.get(OPERATIONS)
    rows = _list(_single_quoted(raw))[:MOST_LAYERS]
    embedding = _map(_map(_single_quoted(operations)).get("embedding"))
    found: dict[str, str] = {}
    for place, row in enumerate(rows):
        chosen, *skips = _list(row) or [None]
        if isinstance(chosen, bool) or not isinstance(chosen, int):
            return {}
        operation = _map(embedding.get(str(chosen)[:20]))
        found[f"layer.{place}.operation"] = str(chosen)[:20]
        if kind := _text(operation.get("opt_type")):
            found[f"layer.{place}.type"] = kind
        found |= values_of((f"layer.{place}.{name}", of) for name, of in _map(operation.get("opt_params")).items())
        found |= {f"layer.{place}.skip.{before}": "1" if skip else "0" for before, skip in enumerate(skips[:place])}
    return found


def _single_quoted(raw: object) -> object:
    """Return what a parameter of Katib's has that is JSON with single quotes; None if it is none."""
    if not isinstance(raw, str) or len(raw) > MOST_TEXT:
        return None
    try:
        return read_json(raw.replace("'", '"'), "")
    except InvalidInput:
        return None


def _notes(spec: Json, trials: list[Json]) -> Iterator[str]:
    algorithm = _text(_map(spec.get("algorithm")).get("algorithmName"))
    if algorithm == DARTS:
        yield (
            "DARTS writes the architecture that it finds into its log and a text metric (Best-Genotype), and gives it "
            "no value: nothing of this Experiment can be used"
        )
    elif spec.get("nasConfig"):
        yield (
            "architectures are taken apart by layer: layer.0.operation is the number of an operation, layer.0.type and "
            "others what nn_config says of it, layer.2.skip.1 whether layer 1 is an input of layer 2 too"
        )
    if not trials:
        yield "there is no Trial of it in the file; write both with: kubectl get experiments,trials -o json"


def _owner(trial: Json) -> str:
    meta = _meta(trial)
    for one in _maps(meta.get("ownerReferences")):
        if one.get("kind") == "Experiment":
            return _text(one.get("name"))
    labels = _map(meta.get("labels"))
    return next((_text(labels[name]) for name in LABELS if labels.get(name)), "")


def _meta(one: Json) -> Json:
    return _map(one.get("metadata"))


def _name(one: Json) -> str:
    return _text(_meta(one).get("name"))


def _text(raw: object) -> str:
    return raw if isinstance(raw, str) else ""


def _map(raw: object) -> Json:
    return raw if isinstance(raw, dict) else {}


def _list(raw: object) -> list[object]:
    return raw if isinstance(raw, list) else []


def _maps(raw: object) -> list[Json]:
    return [one for one in _list(raw) if isinstance(one, dict)]
