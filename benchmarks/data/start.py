"""How soon a trial on prepared data trains: the trainer's own process, with a directory in place of the bucket.

The client of S3 is loaded all the same. Times are from the start of the process, as a container's would be.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.data import sources, trials

PHOTOS, SIDE = 1000, 32
CHILD = "benchmarks.data.start"
ROOT_ENV = "NAS_BENCH_BUCKETS"


def measure() -> dict[str, float]:
    """Return seconds by what they lead to."""
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        photos = sources.photos(directory, PHOTOS, SIDE)
        environment = {ROOT_ENV: str(directory / "buckets")}
        task = {"type": "image-classification", "dataset": {"path": str(photos)}}
        space = {"name": "tiny", "width": 4, "depth": 1}
        location = {"endpoint": "http://127.0.0.1:9", "region": "r", "bucket": "bucket", "root": "n/s/u"}
        storage = {"storage": location}
        # Under another name: a trial whose result is there does nothing.
        preparing = trials.trial_input(space, task, work="Prepare", evaluation={}, **storage) | {"candidates": []}
        preparing["identity"] = preparing["identity"] | {"trial": "b-prepare"}
        address = trials.run(preparing, environment, CHILD).result["dataset"]["address"]
        given = trials.trial_input(space, task, prepared=address, evaluation={"epochs": 1}, **storage)
        done = trials.run(given, environment, CHILD)
    return {
        "PyTorch is imported (measured by itself)": _import_seconds("torch"),
        "the network is built and measured": done.seconds_to("start"),
        "the first epoch of 6 steps has ended": done.seconds_to("epoch"),
        "all has ended": done.seconds,
        "processor seconds of all": done.cpu_seconds,
    }


def _import_seconds(module: str) -> float:
    started = time.monotonic()
    subprocess.run([sys.executable, "-c", f"import {module}"], check=True)
    return time.monotonic() - started


def main() -> int:
    """Run the trainer with directories for buckets."""
    import boto3  # noqa: F401 - as a trial with a storage does

    from nas_storage.directory_store import DirectoryStore
    from nas_trial import main as trainer
    from nas_trial.data import load

    root = Path(os.environ[ROOT_ENV])

    def opened(location: object, stop: object, bucket: str = "bucket") -> DirectoryStore:
        return DirectoryStore(root / bucket)

    trainer.open_bucket = load.open_bucket = opened  # type: ignore[assignment,attr-defined]
    return trainer.main()


if __name__ == "__main__":
    sys.exit(main())
