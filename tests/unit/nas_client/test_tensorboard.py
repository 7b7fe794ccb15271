"""What TensorBoard's own reader finds in what is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams.api_pb2 import DATA_TYPE_FLOAT64, DATA_TYPE_STRING, STATUS_FAILURE, STATUS_SUCCESS
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData
from tests.support.reports import reported

from nas_client.errors import InvalidInput
from nas_client.tensorboard import FILE, write_events

COUNT = 12
SETTINGS: dict[str, Any] = {"hyperparameters": [{"name": "learningRate", "real": {"min": "0.01", "max": "0.1"}}]}


def read(folder: Path) -> EventAccumulator:
    found = EventAccumulator(str(folder))
    found.Reload()
    return found


def hparams(folder: Path, tag: str) -> HParamsPluginData:
    content = read(folder).PluginTagToContent("hparams")[f"_hparams_/{tag}"]
    return HParamsPluginData.FromString(content)


def test_each_candidate_is_a_run_with_its_values(tmp_path: Path) -> None:
    search, trials = reported(COUNT, **SETTINGS)
    seen = list[int]()
    assert write_events(search, trials, tmp_path, seen.append) == COUNT and seen == list(range(1, COUNT + 1))
    assert {path.parent.name for path in tmp_path.glob(f"*/{FILE}")} == {trial.meta.name for trial in trials}
    trial = next(trial for trial in trials if trial.succeeded)
    run = tmp_path / trial.meta.name
    assert read(run).Scalars("val_accuracy")[-1].value == pytest.approx(trial.status.metrics["val_accuracy"])
    start = hparams(run, "session_start_info").session_start_info
    [candidate] = trial.spec.candidates
    name, value = next(iter(candidate.architecture.items()))
    assert start.hparams[f"architecture.{name}"].string_value == value
    assert start.hparams["hyperparameters.learningRate"].number_value == pytest.approx(
        float(candidate.hyperparameters["learningRate"])
    )
    assert hparams(run, "session_end_info").session_end_info.status == STATUS_SUCCESS
    [words] = read(run).Tensors("nas")
    assert f"nas.trial: {trial.meta.name}" in words.tensor_proto.string_val[0].decode()


def test_one_that_failed_says_so_and_has_no_result(tmp_path: Path) -> None:
    search, trials = reported(COUNT, message="out of memory")
    write_events(search, trials, tmp_path)
    run = tmp_path / next(trial.meta.name for trial in trials if not trial.succeeded)
    assert hparams(run, "session_end_info").session_end_info.status == STATUS_FAILURE
    assert read(run).Tags()["scalars"] == []


def test_the_search_itself_has_what_is_common_and_the_best_so_far(tmp_path: Path) -> None:
    search, trials = reported(COUNT, **SETTINGS)
    write_events(search, trials, tmp_path)
    common = hparams(tmp_path, "experiment").experiment
    types = {info.name: info.type for info in common.hparam_infos}
    assert types["hyperparameters.learningRate"] == DATA_TYPE_FLOAT64
    assert {kind for name, kind in types.items() if name.startswith("architecture.")} == {DATA_TYPE_STRING}
    assert "val_accuracy" in {info.name.tag for info in common.metric_infos}
    best = [scalar.value for scalar in read(tmp_path).Scalars("best_val_accuracy")]
    reached = max(trial.status.metrics["val_accuracy"] for trial in trials if trial.succeeded)
    assert best == sorted(best) and best[-1] == pytest.approx(reached)


def test_to_write_it_again_doubles_nothing(tmp_path: Path) -> None:
    search, trials = reported(COUNT)
    write_events(search, trials[:5], tmp_path)
    write_events(search, trials, tmp_path)
    written = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert {path.name for path in written} == {FILE} and len(written) == COUNT + 1
    write_events(search, trials, tmp_path)
    assert {path: path.read_bytes() for path in written} == written


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidInput, match=r"file/x/events.* cannot be written: Not a directory; name another folder"):
        write_events(*reported(1), tmp_path / "file" / "x")
