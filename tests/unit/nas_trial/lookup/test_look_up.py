"""Candidates looked up, as the trial does it: from the input to the result."""

from __future__ import annotations

import csv
import gzip
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from prometheus_client import generate_latest
from tests.support.trials import architecture, trial_input

from nas_core.api.benchmark import Benchmark
from nas_core.contract import TrialInput, TrialResult
from nas_core.layout import result_key
from nas_core.spaces.nas_bench_101 import NasBench101
from nas_storage.directory_store import DirectoryStore
from nas_trial.errors import CandidateRejected, Stopped
from nas_trial.lookup import source
from nas_trial.lookup.look_up import follow, look_up
from nas_trial.process.metrics_endpoint import MetricsEndpoint
from nas_trial.process.stop import StopFlag
from nas_trial.process.watchdog import Watchdog
from nas_trial.work.attempt import Attempt
from nas_trial.work.result import record

SHIPPED = {"table": "nas-bench-201-cifar10"}


def rehearsal(*ops: str, benchmark: dict[str, Any] = SHIPPED, epochs: int = 2, **changes: Any) -> TrialInput:
    candidates = [{"id": o, "architecture": architecture(o), "origin": "Random"} for o in ops or ("333333",)]
    evaluation = {"benchmark": benchmark, "epochs": epochs}
    return trial_input(**{"candidates": candidates, "evaluation": evaluation} | changes)


def looked_up(trial: TrialInput, store: DirectoryStore | None = None, stop: StopFlag | None = None) -> TrialResult:
    return look_up(attempt(trial, store, stop), Benchmark.model_validate(trial.evaluation.to_dict()["benchmark"]))


def attempt(trial: TrialInput, store: DirectoryStore | None = None, stop: StopFlag | None = None) -> Attempt:
    return Attempt(trial, stop or StopFlag(), Watchdog(pytest.fail), MetricsEndpoint(trial.identity), store)


@pytest.fixture
def table(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    def write(*lines: str, name: str = "mine.csv") -> dict[str, Any]:
        (tmp_path / name).write_text("\n".join(lines))
        return {"path": str(tmp_path / name)}

    return write


CELL = "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|nor_conv_3x3~0|nor_conv_3x3~1|nor_conv_3x3~2|"


def test_the_table_that_ships() -> None:
    with gzip.open(source.TABLES / "nas-bench-201-cifar10.csv.gz", "rt") as file:
        [row] = [row for row in csv.DictReader(file) if row["ops"] == "333333"]
    result = looked_up(rehearsal("333333"))
    assert (result.outcome, result.epochs, result.attempt, result.checkpoint) == ("Succeeded", 2, 1, None)
    assert result.metrics == {
        "val_accuracy": pytest.approx(float(row["c10_val"]) / 100),
        "parameters": pytest.approx(float(row["params_M"]) * 1e6),
        "flops": pytest.approx(float(row["flops_M"]) * 1e6),
        "train_seconds": float(row["c10_train_s"]),
    }
    tested = looked_up(rehearsal("333333", work="Retrain")).metrics
    assert tested["test_accuracy"] == pytest.approx(float(row["c10_test"]) / 100)
    assert "val_accuracy" not in tested


def test_several_candidates(store: DirectoryStore) -> None:
    objective = {"metric": "val_accuracy", "goal": "maximize"}
    packed = rehearsal("333333", "000000", "111111", objective=objective, storage={"bucket": "bucket", "root": "r"})
    result = looked_up(packed, store)
    each = {one.id: one.metrics["val_accuracy"] for one in result.candidates}
    assert set(each) == {"333333", "000000", "111111"}
    assert result.metrics["val_accuracy"] == max(each.values())


def test_a_table_of_ones_own(table: Callable[..., dict[str, Any]]) -> None:
    own = table("architecture,val_accuracy,note,c 1", f"{CELL},0.9,good,1", "other,0.1,bad,2")
    assert looked_up(rehearsal(benchmark=own)).metrics == {"val_accuracy": 0.9}
    named = own | {"metrics": [{"name": "val_accuracy", "column": "c 1"}]}
    assert looked_up(rehearsal(benchmark=named)).metrics == {"val_accuracy": 1}


def test_rows_of_one_architecture_are_one_with_their_mean(table: Callable[..., dict[str, Any]]) -> None:
    own = table(
        "architecture,val_accuracy,some,train_seconds", f"{CELL},0.9,1,10", "other,0,0,0", "", f"{CELL},0.8,,30"
    )
    found = looked_up(rehearsal(benchmark=own))
    assert found.metrics == pytest.approx({"val_accuracy": 0.85, "train_seconds": 20}), "as nas_benchmark.table has it"
    named = own | {"metrics": [{"name": "val_accuracy", "column": "some"}]}
    with pytest.raises(CandidateRejected, match=r"mine\.csv, line 5: some is '', not a number"):
        looked_up(rehearsal(benchmark=named))


def test_what_a_search_names_is_among_the_metrics_of_a_wide_table(table: Callable[..., dict[str, Any]]) -> None:
    names = [*(f"m{n}" for n in range(40)), "val_accuracy", "test_accuracy", "parameters", "train_seconds", "proxy_zen"]
    own = table(f"architecture,{','.join(names)}", ",".join([CELL, *map(str, range(len(names)))]))
    asked: dict[str, Any] = {
        "objectives": [{"metric": "val_accuracy"}],
        "constraints": [{"metric": "parameters", "min": 1}],
    }
    found = looked_up(rehearsal(benchmark=own, **asked)).metrics
    assert found.keys() >= {"val_accuracy", "parameters", "train_seconds"}
    assert (
        "test_accuracy" in looked_up(rehearsal(benchmark=own, work="Retrain", objectives=asked["objectives"])).metrics
    )
    assert looked_up(rehearsal(benchmark=own, work="Score", proxies=["zen"])).metrics["proxy_zen"] == 44


def test_scores_come_from_the_table(table: Callable[..., dict[str, Any]]) -> None:
    own = table("architecture,val_accuracy,proxy_zen,proxy_snip,parameters", f"{CELL},0.9,2.5,3,100")
    scored = looked_up(rehearsal(benchmark=own | {"timeScale": "1"}, work="Score", proxies=["zen"]))
    assert (scored.metrics, scored.epochs) == ({"proxy_zen": 2.5, "parameters": 100}, None)
    assert looked_up(rehearsal(benchmark=own)).metrics == {"val_accuracy": 0.9, "parameters": 100}
    with pytest.raises(CandidateRejected, match=r"has no proxy_grasp, which .* asks for; it has architecture, param"):
        looked_up(rehearsal("333333", "000000", benchmark=own, work="Score", proxies=["grasp"]))


def test_the_table_that_ships_has_scores() -> None:
    asked: dict[str, Any] = {"work": "Score", "proxies": ["synflow", "params", "flops"]}
    metrics = looked_up(rehearsal("333333", **asked)).metrics
    assert set(metrics) == {"proxy_synflow", "proxy_params", "proxy_flops", "parameters", "flops"}
    assert metrics["proxy_synflow"] > looked_up(rehearsal("222222", **asked)).metrics["proxy_synflow"] > 0


def test_a_row_may_be_a_network(table: Callable[..., dict[str, Any]]) -> None:
    space = NasBench101()
    cell = space.sample(np.random.default_rng(0))
    own = table("module_hash,val_accuracy", f"{space.canonical(cell)},0.9")
    candidates = [{"id": "a", "architecture": cell, "origin": "Random"}]
    trial = rehearsal(benchmark=own, space={"name": "nas-bench-101"}, candidates=candidates)
    assert looked_up(trial).metrics == {"val_accuracy": 0.9}


@pytest.mark.parametrize(
    ("lines", "more", "reason", "message"),
    [
        (["arch_str,a", "other,1"], {}, "NotInBenchmark", f"has no architecture '{CELL}'"),
        (["cell,a"], {}, "BenchmarkInvalid", "has no column architecture or arch_str; it has cell, a"),
        (["arch_str,a", f"{CELL},1"], {"secondsColumn": "s"}, "BenchmarkInvalid", "no column 's'; it has arch_str, a"),
        (
            ["arch_str,a", f"{CELL},?"],
            {"metrics": [{"name": "m", "column": "a"}]},
            "BenchmarkInvalid",
            "mine.csv, line 2: a is '?', not a number",
        ),
    ],
)
def test_what_a_table_lacks_is_named(
    lines: list[str], more: dict[str, Any], reason: str, message: str, table: Callable[..., dict[str, Any]]
) -> None:
    with pytest.raises(CandidateRejected) as raised:
        looked_up(rehearsal(benchmark=table(*lines) | more))
    assert raised.value.reason == reason
    assert message in raised.value.message


@pytest.mark.parametrize("name", ["broken.csv.gz", "broken.onnx"])
def test_a_file_that_is_something_else(name: str, table: Callable[..., dict[str, Any]]) -> None:
    with pytest.raises(CandidateRejected, match="cannot be read"):
        looked_up(rehearsal(benchmark=table("no", name=name), **_space_for(name)))


def _space_for(name: str) -> dict[str, Any]:
    return {"space": {"name": "nas-bench-301"}} if name.endswith(".onnx") else {}


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(CandidateRejected, match=r"evaluation\.benchmark\.path '/none\.csv': No such file"):
        looked_up(rehearsal(benchmark={"path": "/none.csv"}))


def test_a_surrogate_of_another_space(table: Callable[..., dict[str, Any]]) -> None:
    with pytest.raises(CandidateRejected, match="is for the space nas-bench-301, not nas-bench-201"):
        looked_up(rehearsal(benchmark=table("", name="x.onnx")))


def test_the_objectives_course_is_told() -> None:
    columns = [("c10_ep12_val", 12), ("c10_val", 200)]
    metrics = [{"name": "val_accuracy", "column": c, "scale": "0.01", "epochs": e} for c, e in columns]
    metrics.append({"name": "parameters", "column": "params_M"})
    objectives = [{"metric": "val_accuracy", "goal": "maximize"}]
    result = looked_up(rehearsal(benchmark=SHIPPED | {"metrics": metrics}, epochs=200, objectives=objectives))
    assert result.curve
    assert result.curve.epochs == [12, 200]
    assert result.curve.values == {"val_accuracy": [0.69078, 0.901987]}


def test_it_waits_a_share_of_the_time_and_can_be_stopped() -> None:
    stop = StopFlag()
    threading.Timer(0.2, stop.set).start()
    with pytest.raises(Stopped):
        looked_up(rehearsal(benchmark=SHIPPED | {"timeScale": "1"}), stop=stop)


def test_values_are_shown_live() -> None:
    trial = rehearsal("333333")
    one = attempt(trial)
    assert trial.evaluation.benchmark
    look_up(one, trial.evaluation.benchmark)
    shown = generate_latest(one.endpoint._registry).decode()
    for metric in ("epoch", "val_accuracy", "parameters"):
        assert f'metric="{metric}",nas_attempt="1"' in shown


def test_a_rung_is_looked_up_and_the_time_below_it_has_passed(
    table: Callable[..., dict[str, Any]], store: DirectoryStore
) -> None:
    columns = [
        {"name": "val_accuracy", "column": "short", "epochs": 12},
        {"name": "val_accuracy", "column": "long", "epochs": 200},
    ]
    file = table("arch_str,short,long,seconds", f"{CELL},0.5,0.9,200")
    benchmark = {**file, "metrics": columns, "secondsColumn": "seconds", "timeScale": "1000"}
    storage = {"bucket": "nas", "root": "root"}
    low = rehearsal(benchmark={**benchmark, "timeScale": "0"}, epochs=200, untilEpoch=12, storage=storage)
    result = looked_up(low, store)
    assert (result.epochs, result.metrics["val_accuracy"]) == (12, 0.5)
    record(store, result_key("root", "digits-0"), result)
    waited: list[float] = []
    high = rehearsal(benchmark=benchmark, epochs=200, continues="digits-0", storage=storage)
    assert high.evaluation.benchmark
    curve = source.read(high, high.evaluation.benchmark, StopFlag())(high.candidates[0])
    again = follow(curve, 1.0, high, MetricsEndpoint(high.identity), waited.append, result.epochs or 0)
    assert (again.epochs, again.metrics["val_accuracy"]) == (200, 0.9)
    assert waited == [188.0]


LIMIT = {"metric": "parameters", "max": 500}


def test_what_breaks_a_constraint_before_its_training_is_refused(table: Callable[..., dict[str, Any]]) -> None:
    own = table("arch_str,val_accuracy,parameters,latency_ms,train_seconds", f"{CELL},0.9,501,3,1e9")
    trial = rehearsal(benchmark=own | {"timeScale": "1"}, constraints=[LIMIT])
    refused = looked_up(trial)
    assert (refused.outcome, refused.reason, refused.epochs) == ("Refused", "ConstraintBroken", None)
    assert refused.metrics == {"parameters": 501, "latency_ms": 3}, "it waits for no training and tells nothing of one"
    assert refused.message == "parameters is 501, constraints ask for min -, max 500; it was not trained"
    limits = [{"metric": "parameters", "max": 501}, {"metric": "val_accuracy", "min": "0.95"}]
    kept = looked_up(rehearsal(benchmark=own, constraints=limits))
    assert (kept.outcome, kept.metrics["val_accuracy"]) == ("Succeeded", 0.9), "only a training tells that"


def test_a_candidate_that_is_refused_leaves_the_others(table: Callable[..., dict[str, Any]]) -> None:
    objective = {"metric": "val_accuracy", "goal": "maximize"}
    limit = {"metric": "parameters", "max": 500_000}
    result = looked_up(rehearsal("333333", "111111", objective=objective, constraints=[limit]))
    assert [one.outcome for one in result.candidates] == ["Refused", "Succeeded"]
    assert "val_accuracy" not in result.candidates[0].metrics
    assert result.outcome == "Succeeded"


def test_a_constraint_that_no_column_is_of_is_named(table: Callable[..., dict[str, Any]]) -> None:
    own = table("arch_str,val_accuracy,flops", f"{CELL},0.9,1")
    with pytest.raises(CandidateRejected, match="has no parameters, which constraints name; it has flops, val_accur"):
        looked_up(rehearsal(benchmark=own, constraints=[LIMIT]))
