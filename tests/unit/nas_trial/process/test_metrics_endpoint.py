from __future__ import annotations

import json
import socket
import urllib.request

import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.support.trials import trial_input

from nas_core.contract import METRIC_FAMILY, METRICS_ADDRESS_ENV
from nas_trial.process.metrics_endpoint import MetricsEndpoint


def test_the_newest_values_are_served(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv(METRICS_ADDRESS_ENV, "127.0.0.1:0")
    endpoint = MetricsEndpoint(trial_input().identity)
    endpoint.serve()
    port = json.loads(capsys.readouterr().out)["port"]
    endpoint.set(epoch=1, train_loss=0.5)
    endpoint.set(epoch=2)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    text = opener.open(f"http://127.0.0.1:{port}/metrics").read().decode()
    [family] = text_string_to_metric_families(text)
    assert (family.name, family.type) == (METRIC_FAMILY, "gauge")
    who = {"nas_search_uid": "uid", "nas_trial": "digits-0", "nas_attempt": "1"}
    assert {sample.labels.pop("metric"): sample.value for sample in family.samples} == {"epoch": 2, "train_loss": 0.5}
    assert all(sample.labels == who for sample in family.samples)


def test_a_port_that_is_taken_costs_only_the_view(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as taken:
        taken.bind(("0.0.0.0", 0))
        taken.listen()
        monkeypatch.setenv(METRICS_ADDRESS_ENV, f"0.0.0.0:{taken.getsockname()[1]}")
        MetricsEndpoint(trial_input().identity).serve()
    assert "no /metrics on port" in capsys.readouterr().out


def test_values_of_another_candidate_are_forgotten() -> None:
    endpoint = MetricsEndpoint(trial_input().identity)
    endpoint.set(val_accuracy=0.9)
    endpoint.reset()
    endpoint.set(epoch=0)
    assert values(endpoint) == {"epoch": 0}


def test_which_of_several_candidates_is_evaluated_is_told_until_the_next() -> None:
    endpoint = MetricsEndpoint(trial_input().identity)
    endpoint.begin(2)
    endpoint.set(val_accuracy=0.9)
    endpoint.reset()
    assert values(endpoint) == {"candidate": 2}


def values(endpoint: MetricsEndpoint) -> dict[str, float]:
    return {s.labels["metric"]: s.value for family in endpoint._registry.collect() for s in family.samples}
