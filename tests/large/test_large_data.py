"""Data that are larger than what a trial may keep: a whole search each, every pod within 4 GiB.

Not part of `make test`: they take minutes. `make test-large` runs them.
"""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import numpy as np
import pytest
from benchmarks.data import sources
from tests.support.bucket import Bucket
from tests.support.kube import Json, Kube
from tests.support.searches import training_search
from tests.support.waiting import Waiter

from nas_dev.datasets import fashion_mnist
from nas_dev.datasets.image_text_table import read
from nas_dev.steps import Steps

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("trial_image")]

PHOTOS, SIDE, ROWS = 100_000, 32, 2_000_000
PER_ARCHIVE = 20_000
LIMITS = {"limits": {"memory": "4Gi", "cpu": "2"}}


def archives(count: int, side: int) -> list[bytes]:
    """Return tar archives of JPEG files, ``<class>/<number>.jpg``."""
    images, labels = read(fashion_mnist.files(Steps()), "train")
    made = []
    for start in range(0, count, PER_ARCHIVE):
        file = io.BytesIO()
        with tarfile.open(fileobj=file, mode="w") as archive:
            for number in range(start, min(start + PER_ARCHIVE, count)):
                which = number % len(images)
                content = sources.photo(images[which], side, np.random.default_rng(number), 90)
                member = tarfile.TarInfo(f"class-{labels[which]}/{number:06d}.jpg")
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
        made.append(file.getvalue())
    return made


def check(kube: Kube, wait_for: Waiter, search: Json, examples: int) -> None:
    """Run a search, and print how long each of its trials took."""
    name = search["metadata"]["name"]
    kube.apply(search)
    wait_for.condition(name, "Succeeded", timeout=1800)
    status = kube.status(name)
    assert status["dataset"]["training"] + status["dataset"]["validation"] == examples
    assert status["trials"]["succeeded"] == search["spec"]["budget"]["maxTrials"]
    for trial in kube.trials(name):
        told = trial["status"]
        assert [attempt["outcome"] for attempt in told["attempts"]] == ["Succeeded"], "no pod ran out of memory"
        print(trial["metadata"]["name"], f"{told['trialSeconds']:.0f} s", told["metrics"].get("val_accuracy"))


def test_a_hundred_thousand_photos(kube: Kube, bucket: Bucket, wait_for: Waiter) -> None:
    for number, archive in enumerate(archives(PHOTOS, SIDE)):
        bucket.put(f"photos/photos-{number}.tar", archive)
    search = training_search(
        "photos",
        bucket,
        trials=2,
        parallel=1,
        task={"type": "image-classification", "dataset": {"uri": f"s3://{bucket.name}/photos/", "memoryLimit": "64Mi"}},
        searchSpace={"name": "tiny", "width": 4, "depth": 1},
        evaluation={"epochs": 1, "batchSize": 512},
        trialTemplate={"resources": LIMITS},
    )
    check(kube, wait_for, search, PHOTOS)


def test_two_million_rows(kube: Kube, bucket: Bucket, wait_for: Waiter, tmp_path: Path) -> None:
    bucket.put("rows/train.parquet", sources.table(tmp_path, ROWS).read_bytes())
    search = training_search(
        "rows",
        bucket,
        trials=2,
        parallel=1,
        task={
            "type": "tabular-classification",
            "dataset": {"uri": f"s3://{bucket.name}/rows/", "memoryLimit": "64Mi"},
        },
        searchSpace={"name": "tabular", "width": 8, "depth": 1},
        evaluation={"epochs": 1, "batchSize": 4096},
        trialTemplate={"resources": LIMITS},
    )
    check(kube, wait_for, search, ROWS)
