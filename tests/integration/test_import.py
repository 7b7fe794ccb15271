"""Results of other tools themselves: of MLflow, however they are read, and of Optuna, up to the first candidate."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import numpy as np
import optuna
import pytest
import yaml
from tests.integration.test_surrogates import of_work, search
from tests.support.bucket import Bucket
from tests.support.kube import Kube, condition
from tests.support.mlflow_process import MlflowProcess
from tests.support.operator_process import Operator
from tests.support.tracked import NOW, begun, done
from tests.support.waiting import Waiter

from nas_client.cli.main import main as nasctl
from nas_client.folder import folder_state
from nas_client.importing.experiment import EarlierExperiment
from nas_client.importing.fit import fit
from nas_client.importing.mlflow_database import read_database
from nas_client.importing.mlflow_server import read_server
from nas_core.api.space import SearchSpaceSpec
from nas_core.spaces import get_space
from nas_core.spaces.nas_bench_201 import NasBench201
from nas_core.states import Work
from nas_operator.tracking.delivery import MlflowDelivery
from nas_operator.tracking.http import TrackingHttp
from nas_plan.tracking.record import Record
from nas_search.strategy import candidate_of
from nas_storage.allowed_endpoints import AllowedEndpoints


async def test_what_tracking_has_written_at_mlflow_comes_back_as_the_same_candidates(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        server = MlflowProcess(tmp_path, free.getsockname()[1])
    rate = {"name": "learningRate", "real": {"min": "0.001", "max": "0.1", "log": True}}
    search = begun(ended=True, hyperparameters=[rate], searchSpace={"name": "mobilenet"})
    space = get_space(search.spec.search_space, search.spec.hyperparameters)
    drawn = [space.sample(np.random.default_rng(place)) for place in range(4)]
    made = [candidate_of(space, values, "Random").to_dict() for values in drawn]
    trials = [done(place, place / 10, {"candidates": [one]}) for place, one in enumerate(made)]
    trials += [done(4, None, {"candidates": made[:1]}), done(5, 0.9, {"candidates": made[:1], "work": "Retrain"})]
    http = TrackingHttp(AllowedEndpoints.of(["127.0.0.1:*"]))
    server.start()
    try:
        await asyncio.to_thread(server.until_it_answers)
        await MlflowDelivery(http, server.url, "uid-s", "vision/fashion").deliver(Record(search, trials, [], NOW), {})
        asked = await asyncio.to_thread(read_server, server.url, "vision/fashion", {})
    finally:
        server.kill()
        await http.close()

    def known(source: EarlierExperiment) -> list[tuple[int, dict[str, str], float]]:
        found = fit(source, space, search.spec.objectives, {}, {}, {})
        assert found.left_out == {"not complete (FAILED)": 1, "not complete (FINISHED, Retrain)": 1}
        return sorted((one.index, dict(one.values), one.metrics["val_accuracy"]) for one in found.results)

    assert known(asked) == [(place, values, place / 10) for place, values in enumerate(drawn)]
    stored = read_database(tmp_path / "mlflow.db", None)
    assert known(stored) == known(asked)


SEARCH = """
apiVersion: nas-operator.io/v1alpha1
kind: NASSearch
metadata: {name: begun, namespace: team}
spec:
  task: {dataset: {name: digits}}
  searchSpace: {name: tiny, width: 4}
  hyperparameters: [{name: learningRate, real: {min: "0.001", max: "0.1", log: true}}]
  strategy: {random: {}, seed: 1}
  evaluation: {epochs: 1}
  budget: {maxTrials: 1}
  warmStart: {imported: [clothes]}
"""


@pytest.mark.timeout(120)
def test_a_study_of_optuna_is_what_a_search_begins_with(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    space = get_space(SearchSpaceSpec(name="tiny"))

    def objective(trial: optuna.Trial) -> float:
        # A choice for each decision, also where it does not apply: Optuna knows no conditions of ours.
        for decision in space.decisions:
            trial.suggest_categorical(decision.name, list(decision.values()))
        return -abs(trial.suggest_float("lr", 0.001, 0.1, log=True) - 0.03)

    sampler = optuna.samplers.RandomSampler(seed=3)
    url = f"sqlite:///{tmp_path}/study.db"
    study = optuna.create_study(storage=url, study_name="Clothes", direction="maximize", sampler=sampler)
    study.optimize(objective, n_trials=12)
    (tmp_path / "search.yaml").write_text(SEARCH)
    named = ["--for", f"{tmp_path}/search.yaml", "--rename", "lr=hp.learningRate", "--metric", "value=val_accuracy"]
    assert nasctl(["import", "optuna", url, *named, "--to", f"{tmp_path}/nas/clothes"]) == 0
    assert "12 results are kept" in capsys.readouterr().out

    assert nasctl(["run", f"{tmp_path}/search.yaml", "--dir", f"{tmp_path}/nas/begun"]) == 0
    state = folder_state(tmp_path / "nas/begun")
    [kept] = [trial for trial in state.trials if trial.spec.work == Work.EARLIER]
    [first] = [trial for trial in state.trials if trial.spec.work == Work.TRAIN]
    assert kept.spec.source == "clothes" and len(kept.spec.candidates) == 12
    [candidate] = first.spec.candidates
    assert (candidate.origin, candidate.source) == ("WarmStart", f"clothes/{study.best_trial.number}")
    assert candidate.hyperparameters == {"learningRate": f"{study.best_params['lr']:.4g}"}
    assert all(study.best_params[name] == value for name, value in candidate.architecture.items())


@pytest.mark.cluster
def test_a_search_waits_for_what_is_imported_into_its_bucket(
    kube: Kube, bucket: Bucket, operator: Operator, wait_for: Waiter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    named = search("named", bucket, 12, evaluation={"candidatesPerTrial": 6}, warmStart={"imported": ["cells"]})
    kube.apply(named)
    wait_for.condition("named", "Accepted", reason="EarlierResultsNotFound", timeout=60)
    assert "nothing was imported as 'cells'" in condition(kube.search("named"), "Accepted")["message"]

    def objective(trial: optuna.Trial) -> float:
        drawn = [
            trial.suggest_categorical(decision.name, list(decision.values())) for decision in NasBench201().decisions
        ]
        return sum(one.startswith("nor") for one in drawn) / 10

    url = f"sqlite:///{tmp_path}/study.db"
    study = optuna.create_study(storage=url, direction="maximize", sampler=optuna.samplers.RandomSampler(seed=3))
    study.optimize(objective, n_trials=12)
    (tmp_path / "search.yaml").write_text(yaml.safe_dump(named))
    for name, value in (
        ("AWS_ACCESS_KEY_ID", bucket.server.access_key),
        ("AWS_SECRET_ACCESS_KEY", bucket.server.secret_key),
        ("AWS_ENDPOINT_URL_S3", bucket.server.host_endpoint),
    ):
        monkeypatch.setenv(name, value)
    options = ["--for", f"{tmp_path}/search.yaml", "-n", kube.namespace, "--metric", "value=val_accuracy"]
    assert nasctl(["import", "optuna", url, *options, "--as", "cells", "--write"]) == 0
    assert bucket.keys(f"{kube.namespace}/knowledge_base/imported/")
    operator.crash()
    [kept] = wait_for(lambda: of_work(kube, "named", "Earlier"), 90, "the imported results")
    assert kept["spec"]["source"] == "cells"
    wait_for.condition("named", "Succeeded", timeout=120)
    first = of_work(kube, "named", "Train")[0]["spec"]["candidates"][0]
    assert first["origin"] == "WarmStart" and first["source"].startswith("cells/")
    assert first["source"] == f"cells/{study.best_trial.number}"
