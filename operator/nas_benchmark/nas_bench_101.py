"""NAS-Bench-101's official TFRecord as a table: a row a network, by its published hash.

A record is JSON: the hash, the epochs of the training, adjacency, operations, and in base64 a protobuf ``ModelMetrics``
(1: evaluations before, in the middle and at the end of the training, each with 2: seconds so far, 4: accuracy on the
validation split, 5: on the test split; 2: parameters). Each network was trained three times for each number of epochs.

Reference: Ying et al., "NAS-Bench-101: Towards Reproducible Neural Architecture Search", ICML 2019, arXiv:1902.09635;
its repository google-research/nasbench (`nasbench/api.py`, `nasbench/lib/model_metrics.proto`).
"""

from __future__ import annotations

import base64
import csv
import gzip
import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from nas_benchmark.tfrecord import RecordError, fields, records
from nas_core.table_format import TableError

METRICS = {"val_accuracy": 4, "test_accuracy": 5, "train_seconds": 2}
"""The field of an evaluation by the name of the metric; accuracies are fractions."""


@dataclass(frozen=True)
class Training:
    """What came of one training."""

    module_hash: str
    epochs: int
    parameters: int
    metrics: tuple[float, ...]
    """Those of METRICS, in their order, at the end."""


def training(record: bytes) -> Training:
    """Read a record.

    Raises:
        RecordError: if it is none of NAS-Bench-101.
    """
    try:
        module_hash, epochs, _, _, encoded = json.loads(record)
        message = list(fields(base64.b64decode(encoded, validate=True)))
        # The evaluation at the end comes last.
        last = dict(fields([value for number, value in message if number == 1 and isinstance(value, bytes)][-1]))
        return Training(
            str(module_hash),
            int(epochs),
            int(next(value for number, value in message if number == 2)),
            # An absent field has protobuf's default, 0.
            tuple(float(last.get(number, 0)) for number in METRICS.values()),
        )
    except (ValueError, TypeError, LookupError, OverflowError, StopIteration) as error:
        raise RecordError(f"{record[:80]!r} is no record of NAS-Bench-101: {error}") from error


def convert(source: Path, target: Path, read: Callable[[int], None]) -> int:
    """Write the table of a TFRecord, compressed by gzip; return how many networks it has.

    Columns: ``module_hash``, ``parameters``, and the means over the trainings of ``val_accuracy``, ``test_accuracy``
    and ``train_seconds``; those of trainings of fewer epochs than the most are named ``val_accuracy_<epochs>`` and so
    on. ``read`` is called now and then with the number of bytes read so far.

    Raises:
        TableError: if the file cannot be read, or is no NAS-Bench-101; ``target`` is not touched then.
        OSError: if ``target`` cannot be written.
    """
    parameters: dict[str, int] = {}
    sums: dict[int, dict[str, list[float]]] = defaultdict(dict)
    try:
        for one in _trainings(source, read):
            parameters[one.module_hash] = one.parameters
            # Sums, not lists: the file has more than a million trainings. The first number counts them.
            before = sums[one.epochs].get(one.module_hash, [0.0] * (1 + len(METRICS)))
            sums[one.epochs][one.module_hash] = [a + b for a, b in zip(before, (1.0, *one.metrics), strict=True)]
    except (OSError, RecordError) as error:
        raise TableError(f"{source}: {error}") from error
    if not parameters:
        raise TableError(f"{source} has no records")
    _write(target, parameters, sums)
    return len(parameters)


def _trainings(source: Path, read: Callable[[int], None]) -> Iterator[Training]:
    with source.open("rb") as file:
        for count, record in enumerate(records(file)):
            if count % 1000 == 0:
                read(file.tell())
            yield training(record)
        read(file.tell())


def _write(target: Path, parameters: dict[str, int], sums: dict[int, dict[str, list[float]]]) -> None:
    most = max(sums)
    names = [name if epochs == most else f"{name}_{epochs}" for epochs in sorted(sums) for name in METRICS]
    # Renamed when complete, so that an interruption leaves no half a table.
    part = target.with_name(target.name + ".part")
    with gzip.open(part, "wt", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["module_hash", "parameters", *names])
        for module_hash, count in parameters.items():
            means: list[str] = []
            for epochs in sorted(sums):
                times, *totals = sums[epochs].get(module_hash, [0.0] * (1 + len(METRICS)))
                means += [f"{total / times:.7g}" if times else "" for total in totals]
            writer.writerow([module_hash, count, *means])
    part.replace(target)
