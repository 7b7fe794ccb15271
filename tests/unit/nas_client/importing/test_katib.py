"""Experiments of Katib, written after its published API (v1beta1) and the output of its suggestion services."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from nas_client.errors import InvalidInput
from nas_client.importing import katib
from nas_client.importing.katib import read_experiment

Json = dict[str, Any]


def one(kind: str, name: str, **fields: Any) -> Json:
    meta = {"name": name, "creationTimestamp": f"2024-03-01T10:00:{len(name):02}Z"}
    return {"apiVersion": "kubeflow.org/v1beta1", "kind": kind, "metadata": meta} | fields


def experiment(name: str = "random", **spec: Any) -> Json:
    given: Json = {
        "objective": {
            "type": "maximize",
            "goal": 0.99,
            "objectiveMetricName": "Validation-accuracy",
            "additionalMetricNames": ["Train-accuracy"],
            "metricStrategies": [
                {"name": "Validation-accuracy", "value": "max"},
                {"name": "Train-accuracy", "value": "latest"},
            ],
        },
        "algorithm": {"algorithmName": "random"},
        "parameters": [
            {"name": "lr", "parameterType": "double", "feasibleSpace": {"min": "0.01", "max": "0.03"}},
            {"name": "num-layers", "parameterType": "int", "feasibleSpace": {"min": "2", "max": "5"}},
            {"name": "units", "parameterType": "discrete", "feasibleSpace": {"list": ["32", "64"]}},
            {"name": "optimizer", "parameterType": "categorical", "feasibleSpace": {"list": ["sgd", "adam"]}},
        ],
    }
    return one("Experiment", name, spec=given | spec, status={"completionTime": "2024-03-01T12:00:00Z"})


def trial(name: str, of: str = "random", state: str = "Succeeded", metrics: Any = None, **given: str) -> Json:
    found = one(
        "Trial",
        name,
        spec={"parameterAssignments": [{"name": key, "value": value} for key, value in given.items()]},
        status={
            "conditions": [
                {"type": "Created", "status": "True"},
                {"type": "Running", "status": "False"},
                {"type": state, "status": "True"},
            ],
            "observation": {"metrics": metrics or []},
        },
    )
    found["metadata"]["ownerReferences"] = [{"kind": "Experiment", "name": of}]
    return found


def metric(name: str, low: str, high: str, latest: str) -> Json:
    return {"name": name, "min": low, "max": high, "latest": latest}


def listed(*objects: Json) -> str:
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)})


TUNED = (
    experiment(),
    trial("b", metrics=[metric("Validation-accuracy", "0.5", "0.9", "0.8")], lr="0.02", units="32"),
    trial("cc", state="EarlyStopped", lr="0.03", units="64"),
    trial("ddd", state="Failed", lr="0.01"),
    trial("other", of="another", lr="0.01"),
)


def test_a_hyperparameter_experiment_is_read() -> None:
    found = read_experiment(listed(*TUNED), None, "a.json")
    assert (found.tool, found.name) == ("katib", "random")
    assert found.goals == {"Validation-accuracy": "maximize", "Train-accuracy": None}
    assert found.parameters == {
        "lr": "0.01 to 0.03",
        "num-layers": "2 to 5",
        "units": "32, 64",
        "optimizer": "sgd, adam",
    }
    assert [(one.index, one.state, one.complete) for one in found.trials] == [
        (0, "Succeeded", True),
        (1, "EarlyStopped", False),
        (2, "Failed", False),
    ]
    assert found.trials[0].values == {"lr": "0.02", "units": "32"}
    assert found.trials[0].metrics == {"Validation-accuracy": 0.9}
    assert found.created.isoformat() == "2024-03-01T10:00:06+00:00"


def test_yaml_says_the_same_as_json_also_as_several_documents() -> None:
    known = read_experiment(listed(*TUNED), None, "a")
    assert read_experiment(yaml.safe_dump(json.loads(listed(*TUNED))), None, "a") == known
    assert read_experiment(yaml.safe_dump_all(TUNED), None, "a") == known


@pytest.mark.parametrize(
    ("way", "expected"),
    [("min", 0.5), ("max", 0.9), ("latest", 0.8), (None, 0.9)],
)
def test_the_value_of_a_metric_is_the_one_that_its_strategy_chooses(way: str | None, expected: float) -> None:
    objective = experiment()["spec"]["objective"] | {
        "metricStrategies": [{"name": "Validation-accuracy", "value": way}] if way else []
    }
    found = read_experiment(listed(experiment(objective=objective), *TUNED[1:2]), None, "a")
    assert found.trials[0].metrics == {"Validation-accuracy": expected}


def test_what_is_unavailable_is_the_latest_value() -> None:
    seen = [metric("Validation-accuracy", "unavailable", "unavailable", "0.7")]
    found = read_experiment(listed(experiment(), trial("b", metrics=seen)), None, "a")
    assert found.trials[0].metrics == {"Validation-accuracy": 0.7}


CONVOLUTION = {"opt_id": 5, "opt_type": "convolution", "opt_params": {"filter_size": "3", "num_filter": "48"}}
POOLING = {"opt_id": 9, "opt_type": "reduction", "opt_params": {"reduction_type": "max_pooling", "pool_size": 2}}


def quoted(value: Any) -> str:
    return json.dumps(value).replace('"', "'")


def test_the_architectures_of_enas_are_taken_apart_by_layer() -> None:
    operations = {"num_layers": 3, "embedding": {"5": CONVOLUTION, "9": POOLING}}
    given = {"architecture": quoted([[5], [9, 0], [5, 1, 0]]), "nn_config": quoted(operations)}
    seen = [metric("Validation-accuracy", "0.5", "0.9", "0.8")]
    config = {"graphConfig": {"numLayers": 3}, "operations": [{"operationType": "convolution"}]}
    source = experiment(parameters=[], nasConfig=config, algorithm={"algorithmName": "enas"})
    found = read_experiment(listed(source, trial("b", metrics=seen, **given)), None, "a")
    assert found.trials[0].values == {
        "layer.0.operation": "5",
        "layer.0.type": "convolution",
        "layer.0.filter_size": "3",
        "layer.0.num_filter": "48",
        "layer.1.operation": "9",
        "layer.1.type": "reduction",
        "layer.1.reduction_type": "max_pooling",
        "layer.1.pool_size": "2",
        "layer.1.skip.0": "0",
        "layer.2.operation": "5",
        "layer.2.type": "convolution",
        "layer.2.filter_size": "3",
        "layer.2.num_filter": "48",
        "layer.2.skip.0": "1",
        "layer.2.skip.1": "0",
    }
    assert "taken apart by layer" in found.notes[0]


@pytest.mark.parametrize("architecture", ["[[", "[['a']]", "[5]", "{}", "[[true]]", "[" * 5000])
def test_an_architecture_that_is_none_of_enas_stays_a_parameter(architecture: str) -> None:
    given = {"architecture": architecture, "nn_config": "{}", "lr": "0.1"}
    found = read_experiment(listed(experiment(), trial("b", **given)), None, "a")
    assert found.trials[0].values["lr"] == "0.1" and "layer.0.operation" not in found.trials[0].values


def test_of_darts_nothing_can_be_used_and_a_note_says_why() -> None:
    genotype = "Genotype(normal=[[('max_pooling_3x3',0),('max_pooling_3x3',1)]],normal_concat=range(2,5))"
    seen = [metric("Best-Genotype", "unavailable", "unavailable", genotype)]
    objective = {"type": "maximize", "objectiveMetricName": "Best-Genotype"}
    given = {"algorithm-settings": "{'num_epochs': 1}", "search-space": "['max_pooling_3x3']", "num-layers": "3"}
    source = experiment(algorithm={"algorithmName": "darts"}, objective=objective, nasConfig={}, parameters=[])
    found = read_experiment(listed(source, trial("b", metrics=seen, **given)), None, "a")
    assert found.trials[0].metrics == {} and found.trials[0].values["num-layers"] == "3"
    assert "nothing of this Experiment can be used" in found.notes[0]


def test_an_experiment_without_its_trials_says_how_to_get_them() -> None:
    assert "kubectl get experiments,trials" in read_experiment(listed(experiment()), None, "a").notes[0]


def test_yaml_that_would_take_minutes_is_refused_and_json_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(katib, "FILE_LIMIT", 1000)
    assert read_experiment(listed(*TUNED), None, "a").trials
    with pytest.raises(InvalidInput, match="more than 1,000 characters of YAML; write it with: kubectl"):
        read_experiment(yaml.safe_dump_all(TUNED), None, "a")


LAUGHS = "a: &a [x, x]\nkind: List\n" + "".join(
    f"{chr(98 + place)}: &{chr(98 + place)} [*{chr(97 + place)}, *{chr(97 + place)}]\n" for place in range(20)
)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "has no object in it"),
        ("{", "is no JSON"),
        ('{"a":' * 100_000, "nested too deep"),
        ("[" * 100_000, "nested too deep"),
        ("!!python/object/apply:os.system ['true']", "is no YAML"),
        (LAUGHS + "items: *u", "has no Experiment"),
        (listed(one("Job", "a")), "has no Experiment of kubeflow.org/v1beta1; write it with: kubectl get"),
        (listed(experiment("a"), experiment("b")), "name one with --experiment: 'a', 'b'"),
        (json.dumps({"kind": "List", "items": 5}), "has no Experiment"),
        (listed({"apiVersion": "kubeflow.org/v1beta1", "kind": "Experiment", "metadata": []}), None),
        (listed(one("Experiment", "a", spec=[], status=5), one("Trial", "t", spec=7, status=[1])), None),
        (listed(experiment(parameters=[{"name": 5, "feasibleSpace": {"list": [{}]}}], objective=[])), None),
    ],
)
def test_hostile_input_is_refused_or_says_nothing(text: str, why: str | None) -> None:
    if why is None:
        assert read_experiment(text, None, "a").trials == ()
        return
    with pytest.raises(InvalidInput, match=why):
        read_experiment(text, None, "a")


@pytest.mark.parametrize("value", ["nan", "inf", "1e400", "9" * 100, "x", "", "1e200"])
def test_values_that_are_no_numbers_to_learn_from_are_none(value: str) -> None:
    seen = [metric("Validation-accuracy", value, value, value)]
    found = read_experiment(listed(experiment(), trial("b", metrics=seen, lr="9" * 300)), None, "a")
    assert found.trials[0].metrics == {} and found.trials[0].values == {}
