"""Writing a search as event files of TensorBoard: a run for each trained candidate, with HParams, for `nasctl`.

What a run has follows from the records, as for a tracking server (`nas_plan.tracking`). A file has a fixed name and is
replaced as a whole, so to write a search again, while it runs or later, doubles nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata
from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto
from tensorboard.compat.proto.types_pb2 import DT_STRING
from tensorboard.plugins.hparams import metadata
from tensorboard.plugins.hparams.api_pb2 import (
    DATA_TYPE_FLOAT64,
    DATA_TYPE_STRING,
    STATUS_FAILURE,
    STATUS_SUCCESS,
    Experiment,
    HParamInfo,
    MetricInfo,
    MetricName,
)
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData, SessionEndInfo, SessionStartInfo
from tensorboard.plugins.text import metadata as text
from tensorboard.summary.writer.record_writer import RecordWriter

from nas_client.errors import InvalidInput
from nas_client.exported_runs import best_so_far, candidate_runs, numeric
from nas_core.records.search import ReadableSearch
from nas_core.records.trial import TrialView
from nas_plan.tracking.run import Run, RunStatus

FILE = "events.out.tfevents.0.nas"
"""TensorBoard reads what has ``tfevents`` in its name."""
VERSION = "brain.Event:2"
"""What the first record of a file has to say."""


def write_events(
    search: ReadableSearch, trials: Sequence[TrialView], folder: Path, written: Callable[[int], None] = lambda _: None
) -> int:
    """Write a search below a folder: what is common to all runs there, each run in a folder of its own.

    ``written`` is called with the number of runs that are written, after each.

    Raises:
        InvalidInput: if a file cannot be written.
    """
    runs = candidate_runs(search, trials)
    numbers = numeric(runs)
    metrics = sorted({point.metric for run in runs for point in run.points})
    # Best values so far, of the search as a whole.
    best = best_so_far(search, trials)
    began = search.created.timestamp()
    points = (_scalar(p.time.timestamp(), p.step, p.metric, p.value) for p in best)
    _write(folder, chain([_hparams(began, metadata.EXPERIMENT_TAG, experiment=_experiment(numbers, metrics))], points))
    for count, run in enumerate(runs, 1):
        _write(folder / run.name, _events(run, numbers))
        written(count)
    return len(runs)


def _experiment(numbers: Mapping[str, bool], metrics: Iterable[str]) -> Experiment:
    types = {True: DATA_TYPE_FLOAT64, False: DATA_TYPE_STRING}
    return Experiment(
        hparam_infos=[HParamInfo(name=name, type=types[is_number]) for name, is_number in numbers.items()],
        metric_infos=[MetricInfo(name=MetricName(tag=metric)) for metric in metrics],
    )


def _events(run: Run, numbers: Mapping[str, bool]) -> Iterator[Event]:
    began = run.started.timestamp()
    start = SessionStartInfo(group_name=run.name, start_time_secs=began)
    for name, value in run.params.items():
        if numbers[name]:
            start.hparams[name].number_value = float(value)
        else:
            start.hparams[name].string_value = value
    yield _hparams(began, metadata.SESSION_START_INFO_TAG, session_start_info=start)
    yield _text(began, "nas", "\n".join(f"    {name}: {value}" for name, value in run.tags.items()))
    for point in run.points:
        yield _scalar(point.time.timestamp(), point.step, point.metric, point.value)
    over = (run.ended or run.started).timestamp()
    status = STATUS_FAILURE if run.status == RunStatus.FAILED else STATUS_SUCCESS
    end = SessionEndInfo(status=status, end_time_secs=over)
    yield _hparams(over, metadata.SESSION_END_INFO_TAG, session_end_info=end)


def _scalar(time: float, step: int, tag: str, value: float) -> Event:
    return Event(wall_time=time, step=step, summary=Summary(value=[Summary.Value(tag=tag, simple_value=value)]))


def _hparams(time: float, tag: str, **data: Any) -> Event:
    content = HParamsPluginData(version=metadata.PLUGIN_DATA_VERSION, **data).SerializeToString()
    of = SummaryMetadata(plugin_data=SummaryMetadata.PluginData(plugin_name=metadata.PLUGIN_NAME, content=content))
    return Event(wall_time=time, summary=Summary(value=[Summary.Value(tag=tag, metadata=of)]))


def _text(time: float, tag: str, words: str) -> Event:
    # Four spaces before a line make it a block of code in Markdown, which shows it as it is.
    of = SummaryMetadata(plugin_data=SummaryMetadata.PluginData(plugin_name=text.PLUGIN_NAME))
    tensor = TensorProto(dtype=DT_STRING, string_val=[words.encode()], tensor_shape=TensorShapeProto())
    return Event(wall_time=time, summary=Summary(value=[Summary.Value(tag=tag, metadata=of, tensor=tensor)]))


def _write(folder: Path, events: Iterable[Event]) -> None:
    path, part = folder / FILE, folder / f".{FILE}.part"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            writer = RecordWriter(file)
            for event in chain([Event(file_version=VERSION)], events):
                writer.write(event.SerializeToString())
        # At once: a TensorBoard may be reading there.
        part.replace(path)
    except OSError as error:
        raise InvalidInput(f"{path} cannot be written: {error.strerror or error}; name another folder") from error
