"""Where a benchmark lies, and which reader it is for."""

from __future__ import annotations

from pathlib import Path

from nas_core.api.benchmark import Benchmark
from nas_core.contract import TrialInput
from nas_storage.faults import NotFound
from nas_trial.errors import CandidateRejected
from nas_trial.lookup import table
from nas_trial.lookup.tabulated_curve import LookUp
from nas_trial.process.stop import StopFlag
from nas_trial.storage import open_bucket

TABLES = Path(__file__).parent / "tables"
SHIPPED = {
    "nas-bench-201-cifar10": {
        "metrics": [
            {"name": "val_accuracy", "column": "c10_val", "scale": "0.01"},
            {"name": "test_accuracy", "column": "c10_test", "scale": "0.01"},
            {"name": "parameters", "column": "params_M", "scale": "1e6"},
            {"name": "flops", "column": "flops_M", "scale": "1e6"},
            {"name": "train_seconds", "column": "c10_train_s"},
            {"name": "proxy_synflow", "column": "proxy_synflow"},
            {"name": "proxy_params", "column": "params_M"},
            {"name": "proxy_flops", "column": "flops_M"},
        ]
    }
}
"""What the tables in the image are read as, in the units of the trainer's own metrics."""


def read(trial: TrialInput, benchmark: Benchmark, stop: StopFlag) -> LookUp:
    """Return what looks candidates up.

    Raises:
        CandidateRejected: if there is no such file, or it cannot be used.
    """
    name, content = fetch(trial, benchmark, stop)
    # Columns that the search names come before those that the image knows.
    if benchmark.table and not benchmark.metrics:
        benchmark = Benchmark.model_validate(benchmark.to_dict() | SHIPPED[benchmark.table])
    if name.endswith(".onnx"):
        from nas_trial.lookup import surrogate

        return surrogate.read(name, content, trial, benchmark)
    return table.read(name, content, trial, benchmark)


def fetch(trial: TrialInput, benchmark: Benchmark, stop: StopFlag) -> tuple[str, bytes]:
    """Return the benchmark's name for messages, which ends as the file's does, and its content."""
    if benchmark.uri:
        if trial.storage is None:
            raise CandidateRejected("SpecInvalid", "evaluation.benchmark.uri needs storage; add spec.storage")
        bucket, _, key = benchmark.uri.removeprefix("s3://").partition("/")
        try:
            return benchmark.uri, open_bucket(trial.storage, stop, bucket).get(key)
        except NotFound as error:
            raise _missing("uri", benchmark.uri, "there is no such object; upload it or correct the address") from error
    if benchmark.path:
        try:
            return benchmark.path, Path(benchmark.path).read_bytes()
        except OSError as error:
            raise _missing("path", benchmark.path, f"{error.strerror or error}; correct the path") from error
    file = f"{benchmark.table}.csv.gz"
    return file, (TABLES / file).read_bytes()


def _missing(field: str, value: str, why: str) -> CandidateRejected:
    return CandidateRejected("BenchmarkNotFound", f"evaluation.benchmark.{field} {value!r}: {why}")
