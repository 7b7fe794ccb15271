from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.support.factories import DATASET
from tests.support.results import candidates

from nas_core.api.curve import Curve
from nas_core.contract import RESULT_FILE_LIMIT, ModelArtifact, ModelSummary, TrialResult
from nas_trial.process.result_file import write_result

RESULT = TrialResult(outcome="Succeeded", metrics={"val_accuracy": 0.9}, epochs=3, attempt=1)


def test_a_small_result_is_told_whole(tmp_path: Path) -> None:
    write_result(tmp_path / "log", RESULT)
    assert TrialResult.model_validate_json((tmp_path / "log").read_text()) == RESULT


@pytest.mark.parametrize("text", ["x" * 2048, "\N{SNOWMAN}" * 2048, '"\\\n' * 680], ids=["ascii", "wide", "escaped"])
def test_a_long_message_is_cut_to_what_kubernetes_keeps(text: str, tmp_path: Path) -> None:
    metrics = {f"metric_{k}": k / 7 for k in range(35)}
    write_result(tmp_path / "log", TrialResult(outcome="Failed", reason="R", message=text, metrics=metrics))
    content = (tmp_path / "log").read_bytes()
    assert RESULT_FILE_LIMIT - 3 < len(content) <= RESULT_FILE_LIMIT
    told = TrialResult.model_validate_json(content)
    assert (told.outcome, told.reason, told.metrics) == ("Failed", "R", metrics)
    assert len(told.message) > 300
    assert text.startswith(told.message)


def test_warnings_are_told_while_there_is_room(tmp_path: Path) -> None:
    warnings = [f"{k} {'w' * 498}" for k in range(9)]
    write_result(tmp_path / "log", RESULT.model_copy(update={"warnings": warnings, "message": "m" * 1000}))
    told = TrialResult.model_validate_json((tmp_path / "log").read_text())
    assert told.metrics == RESULT.metrics and len(told.message) == 1000
    assert told.warnings == warnings[:3]


def test_with_too_many_metrics_the_first_are_told(tmp_path: Path) -> None:
    metrics = {f"a_metric_with_a_rather_long_name_{k}": k / 7 for k in range(100)}
    write_result(tmp_path / "log", RESULT.model_copy(update={"metrics": metrics}))
    content = (tmp_path / "log").read_bytes()
    told = json.loads(content)["metrics"]
    assert len(content) <= RESULT_FILE_LIMIT
    assert 40 < len(told) < 100
    assert list(told) == list(metrics)[: len(told)]


def test_a_curve_gives_way_first(tmp_path: Path) -> None:
    curve = Curve()
    for epoch in range(1, 65):
        curve = curve.with_point(epoch, {"val_accuracy": epoch / 7, "val_loss": 7 / epoch})
    write_result(tmp_path / "log", RESULT.model_copy(update={"curve": curve}))
    assert TrialResult.model_validate_json((tmp_path / "log").read_text()).curve == curve
    write_result(tmp_path / "log", RESULT.model_copy(update={"curve": curve, "message": "m" * 2000}))
    told = TrialResult.model_validate_json((tmp_path / "log").read_text())
    assert told.message == "m" * 2000 and told.curve == curve.halved()
    write_result(tmp_path / "log", RESULT.model_copy(update={"curve": curve, "message": "\N{SNOWMAN}" * 2048}))
    assert TrialResult.model_validate_json((tmp_path / "log").read_text()).curve is None


@pytest.mark.parametrize(
    ("count", "metrics", "told_count", "told_metrics"),
    [
        (2, 3, 2, {3}),
        (5, 20, 5, range(5, 20)),
        (20, 20, range(14, 20), {1}),
        (10, 20, 10, range(1, 5)),
        (256, 20, range(14, 20), {1}),
    ],
)
def test_candidates_are_cut_last(count: int, metrics: int, told_count: Any, told_metrics: Any, tmp_path: Path) -> None:
    own = {f"own_{k}": k / 7 for k in range(60)}
    result = RESULT.model_copy(update={"candidates": candidates(count, metrics), "metrics": own})
    write_result(tmp_path / "log", result)
    content = (tmp_path / "log").read_bytes()
    assert len(content) <= RESULT_FILE_LIMIT
    told = TrialResult.model_validate_json(content)
    assert len(told.candidates) in (told_count if isinstance(told_count, range) else {told_count})
    assert {len(one.metrics) for one in told.candidates} <= set(told_metrics)
    assert [one.id for one in told.candidates] == [one.id for one in result.candidates][: len(told.candidates)]
    assert list(told.metrics) == list(own)[: len(told.metrics)]
    assert len(told.metrics) > 15


def test_few_candidates_are_told_whole(tmp_path: Path) -> None:
    result = RESULT.model_copy(update={"candidates": candidates(2, 3, "all is well")})
    write_result(tmp_path / "log", result)
    assert TrialResult.model_validate_json((tmp_path / "log").read_text()) == result


def test_what_is_odd_about_prepared_data_is_told_once_when_there_is_little_room(tmp_path: Path) -> None:
    warnings = [f"{k} {'w' * 498}" for k in range(16)]
    odd = DATASET.model_copy(update={"warnings": warnings})
    write_result(tmp_path / "log", TrialResult(outcome="Succeeded", dataset=odd, warnings=warnings))
    content = (tmp_path / "log").read_bytes()
    told = TrialResult.model_validate_json(content)
    assert len(content) <= RESULT_FILE_LIMIT and told.dataset == DATASET and told.warnings == warnings[:5]
    few = TrialResult(outcome="Succeeded", dataset=odd.model_copy(update={"warnings": warnings[:1]}))
    write_result(tmp_path / "log", few)
    assert TrialResult.model_validate_json((tmp_path / "log").read_text()) == few


@pytest.mark.parametrize(("files", "told"), [(3, "all"), (22, "files"), (60, "nothing")])
def test_of_a_model_go_its_metrics_then_all_of_it(files: int, told: str, tmp_path: Path) -> None:
    model = ModelSummary(
        artifacts=[ModelArtifact(path=f"exports/{n:02d}", sha256="a" * 64, bytes=10**6) for n in range(files)],
        metrics={name: {f"test_metric_{n}": n / 7 for n in range(5)} for name in ("pytorch", "onnx", "int8Onnx")},
    )
    result = TrialResult(outcome="Succeeded", metrics={"test_accuracy": 0.9}, model=model)
    write_result(tmp_path / "result", result)
    text = (tmp_path / "result").read_text()
    found = TrialResult.model_validate_json(text)
    assert len(text.encode()) <= RESULT_FILE_LIMIT and found.metrics == result.metrics
    whole = {"all": model, "files": model.model_copy(update={"metrics": {}}), "nothing": None}
    assert found.model == whole[told]
