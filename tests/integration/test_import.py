"""What tracking has written at MLflow itself comes back as the same candidates, by REST and from the database."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import numpy as np
from tests.support.mlflow_process import MlflowProcess
from tests.support.tracked import NOW, begun, done

from nas_client.importing.experiment import EarlierExperiment
from nas_client.importing.fit import fit
from nas_client.importing.mlflow_database import read_database
from nas_client.importing.mlflow_server import read_server
from nas_core.spaces import get_space
from nas_operator.tracking.delivery import MlflowDelivery
from nas_operator.tracking.http import TrackingHttp
from nas_plan.tracking.record import Record
from nas_search.strategy import candidate_of
from nas_storage.allowed_endpoints import AllowedEndpoints


async def test_candidates_come_back(tmp_path: Path) -> None:
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
