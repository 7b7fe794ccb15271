"""What the API server denies, and whether its message names the field, the value and the remedy.

No operator runs: all of this happens before one sees a manifest.
"""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from tests.support.denied_searches import ACCEPTED_SEARCHES, DENIED_ON_A_CLUSTER, DENIED_SEARCHES
from tests.support.denied_templates import ACCEPTED_TEMPLATES, DENIED_TEMPLATES, UNKNOWN_FIELDS
from tests.support.kube import Json, Kube
from tests.support.wrong_manifests import WRONG

from nas_dev.cluster.embedded import Cluster

pytestmark = pytest.mark.cluster

ABSENT = object()


def search(name: str = "asked", **changes: Any) -> Json:
    """Return a search that uses every union and optional part, with changes: ``a__b=1`` sets ``spec.a.b``."""
    manifest: Json = {
        "apiVersion": "nas-operator.io/v1alpha1",
        "kind": "NASSearch",
        "metadata": {"name": name},
        "spec": {
            "task": {"dataset": {"name": "digits"}},
            "objectives": [{"metric": "val_accuracy"}, {"metric": "parameters", "goal": "minimize"}],
            "constraints": [{"metric": "parameters", "max": 500000}],
            "strategy": {"regularizedEvolution": {"populationSize": 4, "sampleSize": 2}},
            "evaluation": {"epochs": 2, "maxTrialDuration": "1h30m"},
            "trialTemplate": {"image": "trainer:1", "args": ["--fast"], "resources": {"limits": {"cpu": 1}}},
            "storage": {"bucket": "nas", "prefix": "team-a"},
        },
    }
    for path, value in changes.items():
        *parents, last = path.split("__")
        inner = manifest["spec"]
        for parent in parents:
            inner = inner.setdefault(parent, {})
        if value is ABSENT:
            del inner[last]
        else:
            inner[last] = value
    return copy.deepcopy(manifest)


def denial(cluster: Cluster, manifest: Json) -> str:
    """Return what a user sees who creates a manifest."""
    with pytest.raises(RuntimeError) as denied:
        cluster.kubectl("create", "--dry-run=server", "--validate=strict", "--filename=-", stdin=json.dumps(manifest))
    return str(denied.value)


URI = "s3://nas/data.npz"

MALFORMED = {
    "no task": (search(task=ABSENT), ["spec.task: Required"]),
    "scores without storage": (
        search(storage=ABSENT, evaluation__prefilter={"keep": 2}),
        ["evaluation.prefilter and strategy.zeroCost need storage", "add spec.storage"],
    ),
    "a prefilter of a strategy that scores": (
        search(strategy={"zeroCost": {}}, evaluation__prefilter={}),
        ["strategy.zeroCost scores candidates by itself; remove evaluation.prefilter"],
    ),
    "more kept than scored": (
        search(evaluation__prefilter={"candidates": 5, "keep": 6}),
        ["spec.evaluation.prefilter.keep", "must not exceed candidates"],
    ),
    "an unknown proxy": (
        search(evaluation__prefilter={"proxies": ["guess"]}),
        ["spec.evaluation.prefilter.proxies", '"guess"', '"synflow"'],
    ),
    "early stopping in order": (
        search(evaluation__earlyStopping={"median": {}}, strategy__ordered=True),
        ["spec", "evaluation.earlyStopping depends on timing", "remove one of them"],
    ),
    "early stopping of one of several candidates": (
        search(evaluation__earlyStopping={"median": {}}, evaluation__candidatesPerTrial=2),
        ["spec.evaluation.earlyStopping:", "not one of several candidates"],
    ),
    "early stopping after the last epoch": (
        search(evaluation__earlyStopping={"median": {}, "minEpochs": 2}),
        ["spec.evaluation.earlyStopping:", "minEpochs must be below epochs"],
    ),
    "a reduction factor of another rule": (
        search(evaluation__earlyStopping={"median": {"reductionFactor": 4}}),
        ['unknown field "spec.evaluation.earlyStopping.median.reductionFactor"'],
    ),
    "a threshold of another rule": (
        search(evaluation__earlyStopping={"median": {"pThreshold": "0.01"}}),
        ['unknown field "spec.evaluation.earlyStopping.median.pThreshold"'],
    ),
    "two rules that stop": (
        search(evaluation__earlyStopping={"median": {}, "asha": {}}, evaluation__epochs=9),
        ["spec.evaluation.earlyStopping:", "exactly one of median, asha, curve and wilcoxon"],
    ),
    "trained and looked up": (
        search(evaluation__train={}, evaluation__benchmark={"table": "nas-bench-201-cifar10"}),
        ["spec.evaluation:", "at most one of train, benchmark, supernet and surrogate"],
    ),
    "a weight of the only objective": (
        search(objectives=[{"metric": "val_accuracy", "weight": "2"}]),
        ["spec.objectives:", "a weight needs several objectives"],
    ),
    "a weight of nothing": (
        search(objectives=[{"metric": "val_accuracy", "weight": "0.0"}, {"metric": "parameters"}]),
        ["spec.objectives[0].weight:", '"0.0"', "a number above 0"],
    ),
    "no data set": (search(task__dataset=ABSENT), ["spec.task.dataset: Required"]),
    "name and uri": (search(task__dataset__uri=URI), ["spec.task.dataset:", "exactly one of name", "uri"]),
    "ref and name of a space": (
        search(searchSpace={"ref": {"name": "shared"}, "name": "nas-bench-201"}),
        ["spec.searchSpace.ref:", "remove the other fields"],
    ),
    "name and decisions of a space": (
        search(searchSpace={"name": "nas-bench-201", "decisions": [{"name": "a", "choice": ["x"]}]}),
        ["spec.searchSpace:", "at most one of name"],
    ),
    "modalities of another space": (
        search(searchSpace={"name": "tabular", "modalities": ["image", "text"]}),
        ["spec.searchSpace.modalities:", "name that space"],
    ),
    "a modality twice": (
        search(searchSpace={"name": "multi-modal", "modalities": ["text", "text"]}),
        ["spec.searchSpace.modalities:", "each modality once"],
    ),
    "decision of two kinds": (
        search(hyperparameters=[{"name": "rate", "choice": ["x"], "integer": {"min": 1, "max": 2}}]),
        ["spec.hyperparameters[0]:", "exactly one of choice, integer, real and subset for rate"],
    ),
    "decision of an odd name": (
        search(hyperparameters=[{"name": "learning rate", "choice": ["x"]}]),
        ["spec.hyperparameters[0].name:", "learning rate", "joined by '.'"],
    ),
    "range upside down": (
        search(hyperparameters=[{"name": "rate", "real": {"min": "1e-1", "max": "0.01"}}]),
        ["spec.hyperparameters[0].real", "min (1e-1) must be less than max (0.01)"],
    ),
    "neither name nor uri": (search(task__dataset={}), ["spec.task.dataset:", "exactly one of name", "uri"]),
    "uri and path": (
        search(task__dataset={"uri": URI, "path": "/data"}),
        ["spec.task.dataset:", "exactly one of name"],
    ),
    "weights of a regression": (
        search(task={"type": "regression", "dataset": {"name": "diabetes"}, "classWeights": "balanced"}),
        ["spec.task:", "classWeights and positiveClass are for classification"],
    ),
    "accuracy of a regression": (
        search(
            task={"type": "regression", "dataset": {"name": "diabetes"}},
            objectives=[{"metric": "val_accuracy"}],
            constraints=ABSENT,
            trialTemplate=ABSENT,
        ),
        ["spec.objectives:", "val_accuracy: the trainer reports no such metric", "val_rmse"],
    ),
    "seconds of nothing": (
        search(task__dataset__audio={"seconds": "0"}),
        ["spec.task.dataset.audio.seconds:", "above 0", '"0"'],
    ),
    "uri without storage": (
        search(task__dataset={"uri": URI}, storage=ABSENT),
        ["spec", "task.dataset.uri needs storage", "add spec.storage"],
    ),
    "rungs without storage": (
        search(strategy={"rungs": {}}, storage=ABSENT),
        ["spec", "strategy.rungs needs storage", "add spec.storage"],
    ),
    "rungs in order": (
        search(strategy={"rungs": {}, "ordered": True}),
        ["spec.strategy.ordered", "ordered and rungs exclude each other", "remove one"],
    ),
    "rungs of trials with several candidates": (
        search(strategy={"rungs": {}}, evaluation__candidatesPerTrial=8),
        ["spec", "strategy.rungs needs evaluation.candidatesPerTrial: 1"],
    ),
    "rungs and early stopping": (
        search(strategy={"rungs": {}}, evaluation__earlyStopping={"median": {}}),
        ["spec", "strategy.rungs and evaluation.earlyStopping exclude each other"],
    ),
    "rungs without room": (
        search(strategy={"rungs": {"minEpochs": 5}}, evaluation__epochs=10),
        ["spec.evaluation.epochs", "evaluation.epochs leaves no room for two rungs", "or lower these"],
    ),
    "an unknown scheduler": (
        search(strategy={"rungs": {"hyper": {}}}),
        ['unknown field "spec.strategy.rungs.hyper"'],
    ),
    "two schedulers": (
        search(strategy={"rungs": {"asha": {}, "successiveHalving": {}}}, evaluation__epochs=9),
        ["spec.strategy.rungs:", "at most one of asha, hyperband and successiveHalving"],
    ),
    "several candidates without storage": (
        search(evaluation__candidatesPerTrial=8, storage=ABSENT),
        ["spec", "evaluation.candidatesPerTrial above 1 needs storage", "add spec.storage"],
    ),
    "no candidate a trial": (
        search(evaluation__candidatesPerTrial=0),
        ["spec.evaluation.candidatesPerTrial:", "0", "greater than or equal to 1"],
    ),
    "uri of another kind": (
        search(task__dataset={"uri": "/data"}),
        ["spec.task.dataset.uri:", '"/data"', "s3://bucket/key"],
    ),
    "unknown data set": (search(task__dataset__name="mnist"), ["spec.task.dataset.name:", '"mnist"', '"digits"']),
    "fraction of 0": (search(task__dataset__validationFraction="0"), ["validationFraction:", "between 0 and 1", '"0"']),
    "fraction of 1": (search(task__dataset__validationFraction="1"), ["validationFraction:", "between 0 and 1", '"1"']),
    "fraction below 0": (search(task__dataset__validationFraction="-0.2"), ["validationFraction:", '"-0.2"']),
    "fraction without quotes": (
        search(task__dataset__validationFraction=0.2),
        ["validationFraction:", "type integer,string"],
    ),
    "unknown space": (search(searchSpace={"name": "darts"}), ["spec.searchSpace.name:", '"darts"', '"nas-bench-201"']),
    "metric's name": (
        search(objectives=[{"metric": "val-accuracy"}]),
        ["spec.objectives[0].metric:", '"val-accuracy"', "'_'"],
    ),
    "goal": (
        search(objectives=[{"metric": "val_accuracy", "goal": "best"}]),
        ["spec.objectives[0].goal:", '"best"', '"maximize", "minimize"'],
    ),
    "no objective": (search(objectives=[]), ["spec.objectives:", "name at least one metric, or leave objectives out"]),
    "the same objective twice": (
        search(objectives=[{"metric": "loss"}, {"metric": "loss", "goal": "minimize"}]),
        ["spec.objectives[1]: Duplicate", "loss"],
    ),
    "constraint without bounds": (
        search(constraints=[{"metric": "latency_ms"}]),
        ["spec.constraints[0]:", "set min, max or both", "latency_ms"],
    ),
    "min above max": (
        search(constraints=[{"metric": "latency_ms", "min": "1.5", "max": 1}]),
        ["spec.constraints[0].min:", "(1.5)", "(1)"],
    ),
    "limit that is no number": (
        search(constraints=[{"metric": "parameters", "max": "500k"}]),
        ["spec.constraints[0].max:", "must be a number", '"500k"'],
    ),
    "two strategies": (
        search(strategy__random={}),
        ["spec.strategy:", "at most one", "random, grid, localSearch, regularizedEvolution, nsga2"],
    ),
    "unknown strategy": (search(strategy__annealing={}), ['unknown field "spec.strategy.annealing"']),
    "sample above population": (
        search(strategy__regularizedEvolution={"populationSize": 3, "sampleSize": 4}),
        ["spec.strategy.regularizedEvolution.sampleSize:", "must not exceed populationSize", "raise"],
    ),
    "negative epochs": (search(evaluation__epochs=-1), ["spec.evaluation.epochs:", "-1", "greater than or equal to 1"]),
    "negative learning rate": (
        search(evaluation__optimizer={"learningRate": "-0.1"}),
        ["spec.evaluation.optimizer.learningRate:", '"-0.1"', "at least 0"],
    ),
    "duration of nothing": (
        search(evaluation__maxTrialDuration=""),
        ["spec.evaluation.maxTrialDuration:", '""', "1h30m"],
    ),
    "duration of 0": (search(budget={"maxDuration": "0"}), ["spec.budget.maxDuration:", '"0"', "1h30m"]),
    "duration of 0 seconds": (
        search(budget={"maxDuration": "0s"}),
        ["spec.budget.maxDuration:", '"0s"', "longer than 0"],
    ),
    "duration in weeks": (search(budget={"maxDuration": "5w"}), ["spec.budget.maxDuration:", '"5w"', "days"]),
    "no trials": (search(budget={"maxTrials": 0}), ["spec.budget.maxTrials:", "greater than or equal to 1"]),
    "reserved variable": (
        search(trialTemplate__env=[{"name": "NAS_TRIAL_FILE", "value": "/x"}]),
        ["spec.trialTemplate.env[0].name:", "NAS_TRIAL_FILE", "use another name"],
    ),
    "variable's name": (
        search(trialTemplate__env=[{"name": "9 lives"}]),
        ["spec.trialTemplate.env[0].name:", '"9 lives"', "not beginning with a digit"],
    ),
    "quantity": (
        search(trialTemplate__resources={"limits": {"memory": "4 GB"}}),
        ["spec.trialTemplate.resources.limits[memory]:", "4 GB", "4Gi"],
    ),
    "negative quantity": (
        search(trialTemplate__resources={"requests": {"cpu": -1}}),
        ["spec.trialTemplate.resources.requests[cpu]:", "-1", "at least 0"],
    ),
    "bucket with a scheme": (
        search(storage__bucket="s3://nas"),
        ["spec.storage.bucket:", '"s3://nas"', "without s3://"],
    ),
    "endpoint without a scheme": (
        search(storage__endpoint="minio:9000"),
        ["spec.storage.endpoint:", "http://", "minio:9000"],
    ),
    "endpoint without a closing bracket": (
        search(storage__endpoint="https://[::1"),
        ["spec.storage.endpoint:", "of a host", "https://[::1"],
    ),
    "region that is a dash": (
        search(storage__region="-"),
        ["spec.storage.region:", "beginning and ending with a letter or digit"],
    ),
    "misspelt field": (search(budget={"maxTrails": 5}), ['unknown field "spec.budget.maxTrails"']),
    "warm start from itself": (
        search(name="itself", warmStart={"searches": ["first", "itself"]}),
        ["spec.warmStart.searches:", "names this search itself; name earlier ones"],
    ),
    "candidates of its own to try": (
        search(name="itself", guidance={"injectFrom": [{"search": "itself", "candidate": 3}]}),
        ["spec.guidance.injectFrom:", "names this search itself, which has tried its candidates; name another"],
    ),
    "dotted name": (
        search(name="a.b"),
        ["metadata.name", "DNS label of at most 40 characters", "not a.b", "write a-b"],
    ),
    "long name": (search(name="a" * 41), ["metadata.name", "DNS label of at most 40 characters"]),
}


def test_the_search_that_the_cases_change_is_accepted(cluster: Cluster) -> None:
    created = cluster.kubectl(
        "create", "--dry-run=server", "--validate=strict", "--filename=-", stdin=json.dumps(search("a" * 40))
    )
    assert "created" in created


@pytest.mark.parametrize("case", MALFORMED)
def test_a_malformed_manifest_is_denied_with_what_to_do(case: str, cluster: Cluster) -> None:
    manifest, words = MALFORMED[case]
    message = denial(cluster, manifest)
    assert [word for word in words if word not in message] == [], message


@pytest.mark.parametrize("case", DENIED_TEMPLATES)
def test_what_kubernetes_would_deny_in_a_job_is_denied_in_the_search(case: str, cluster: Cluster) -> None:
    template, field, words = DENIED_TEMPLATES[case]
    message = denial(cluster, search(trialTemplate=template))
    assert [word for word in (f"spec.trialTemplate.{field}", *words) if word not in message] == [], message


@pytest.mark.parametrize("case", UNKNOWN_FIELDS)
def test_a_template_has_no_field_that_rights_depend_on(case: str, cluster: Cluster) -> None:
    template, field = UNKNOWN_FIELDS[case]
    message = denial(cluster, search(trialTemplate=template))
    assert f'unknown field "spec.trialTemplate.{field}"' in message


@pytest.mark.parametrize("case", ACCEPTED_TEMPLATES)
def test_a_template_that_kubernetes_takes_is_accepted(case: str, cluster: Cluster) -> None:
    manifest = json.dumps(search(trialTemplate=ACCEPTED_TEMPLATES[case]))
    cluster.kubectl("create", "--dry-run=server", "--validate=strict", "--filename=-", stdin=manifest)


def _minimal(spec: Json) -> Json:
    return search() | {"spec": {"task": {"dataset": {"name": "digits"}}} | spec}


@pytest.mark.parametrize("case", [*DENIED_SEARCHES, *DENIED_ON_A_CLUSTER])
def test_a_search_that_would_not_do_what_is_meant_is_denied(case: str, cluster: Cluster) -> None:
    spec, words = (DENIED_SEARCHES | DENIED_ON_A_CLUSTER)[case]
    message = denial(cluster, _minimal(spec))
    assert [word for word in words if word not in message] == [], message


@pytest.mark.parametrize("case", [name for name, (place, *_) in WRONG.items() if place == "apply"])
def test_what_people_get_wrong_is_denied_by_field(case: str, cluster: Cluster) -> None:
    _, field, spec = WRONG[case]
    assert field in denial(cluster, search() | {"spec": spec})


@pytest.mark.parametrize("case", ACCEPTED_SEARCHES)
def test_a_search_that_is_fine_is_accepted(case: str, cluster: Cluster) -> None:
    manifest = json.dumps(_minimal(ACCEPTED_SEARCHES[case]))
    cluster.kubectl("create", "--dry-run=server", "--validate=strict", "--filename=-", stdin=manifest)


IMMUTABLE: dict[str, Json] = {
    "task": {"task": {"dataset": {"maxExamples": 100}}},
    "searchSpace": {"searchSpace": {"width": 8}},
    "hyperparameters": {"hyperparameters": [{"name": "learningRate", "choice": ["0.1"]}]},
    "objectives": {"objectives": [{"metric": "val_accuracy"}]},
    "goals and order": {"objectives": [{"metric": "val_accuracy"}, {"metric": "parameters"}]},
    "order of objectives": {"objectives": [{"metric": "parameters", "goal": "minimize"}, {"metric": "val_accuracy"}]},
    "strategy": {"strategy": {"seed": 2}},
    "evaluation": {"evaluation": {"epochs": 3}},
    "warmStart": {"warmStart": {"searches": ["first"]}},
    "trialTemplate.image": {"trialTemplate": {"image": "trainer:2"}},
    "trialTemplate.command": {"trialTemplate": {"command": ["python3"]}},
    "trialTemplate.args": {"trialTemplate": {"args": None}},
    "storage.bucket": {"storage": {"bucket": "other"}},
    "storage.prefix": {"storage": {"prefix": "other"}},
    "storage": {"storage": None},
}

MUTABLE: list[Json] = [
    {"budget": {"maxTrials": 40, "maxDuration": "2h"}},
    {"suspend": True},
    {"constraints": [{"metric": "parameters", "max": 400000}]},
    {
        "objectives": [
            {"metric": "val_accuracy", "weight": "2", "target": "0.99"},
            {"metric": "parameters", "goal": "minimize"},
        ]
    },
    {"storage": {"endpoint": "https://s3.example.org"}},
    {"trialTemplate": {"nodeSelector": {"gpu": "a100"}, "resources": {"limits": {"cpu": "2"}}, "maxAttempts": 5}},
]


def change(kube: Kube, kind: str, name: str, spec: Json) -> str:
    patch = f"--patch={json.dumps({'spec': spec})}"
    return kube.kubectl("patch", kind, name, "--type=merge", "--dry-run=server", patch)


def begin(kube: Kube) -> None:
    status = {"status": {"firstTrialTime": "2026-01-01T00:00:00Z"}}
    kube.kubectl("patch", "nassearch", "asked", "--subresource=status", "--type=merge", f"--patch={json.dumps(status)}")


def test_while_there_is_no_trial_everything_can_change(kube: Kube) -> None:
    kube.apply(search())
    for spec in IMMUTABLE.values():
        assert "patched" in change(kube, "nassearch", "asked", spec)


def test_what_the_results_depend_on_cannot_change(kube: Kube) -> None:
    kube.apply(search())
    begin(kube)
    for field, spec in IMMUTABLE.items():
        with pytest.raises(RuntimeError, match=f"{field}.* cannot change .* create a new search"):
            change(kube, "nassearch", "asked", spec)


def test_where_and_how_long_it_runs_can(kube: Kube) -> None:
    kube.apply(search())
    begin(kube)
    for spec in MUTABLE:
        assert "patched" in change(kube, "nassearch", "asked", spec)


def test_a_shared_space_is_what_it_is(kube: Kube) -> None:
    space = {"apiVersion": "nas-operator.io/v1alpha1", "kind": "NASSearchSpace", "metadata": {"name": "shared"}}
    kube.apply(space | {"spec": {"decisions": [{"name": "layers", "integer": {"min": 1, "max": 4}}]}})
    with pytest.raises(RuntimeError, match=r"spec cannot change: .* create a space with another name"):
        change(kube, "nassearchspace", "shared", {"decisions": [{"name": "layers", "integer": {"min": 1, "max": 5}}]})


def trial(**spec: Any) -> Json:
    """Return a trial as the operator makes them; ``spec`` replaces fields, or takes one out that is ABSENT."""
    candidate = {"id": "abc", "architecture": {"edge0": "none"}, "text": "|none~0|", "origin": "Random"}
    spec = {"index": 0, "basis": 0, "seed": 1, "candidates": [candidate]} | spec
    return {
        "apiVersion": "nas-operator.io/v1alpha1",
        "kind": "NASTrial",
        "metadata": {"name": "asked-00000", "labels": {"nas-operator.io/search": "asked"}},
        "spec": {name: value for name, value in spec.items() if value is not ABSENT},
    }


def test_a_trial_is_a_record(kube: Kube) -> None:
    kube.apply(trial())
    with pytest.raises(RuntimeError, match="a trial cannot be changed; it is the record of what the search decided"):
        change(kube, "nastrial", "asked-00000", {"seed": 2})


@pytest.mark.parametrize("wrong", [trial(candidates=[]), trial(candidates=ABSENT), trial(work="Prepare")])
def test_a_trial_has_candidates_unless_it_prepares(wrong: Json, cluster: Cluster) -> None:
    told = denial(cluster, wrong)
    assert (
        "spec.candidates: Invalid value" in told
        and "a trial needs candidates; only those of work Prepare and Supernet have none" in told
    )


@pytest.mark.parametrize("preparing", [trial(work="Prepare", candidates=[]), trial(work="Prepare", candidates=ABSENT)])
def test_a_trial_that_prepares_has_none(preparing: Json, kube: Kube) -> None:
    kube.apply(preparing)
