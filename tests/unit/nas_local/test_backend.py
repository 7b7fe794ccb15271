from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest

from nas_core.api.trial import NASTrialSpec
from nas_core.records.search import ReadableSearch
from nas_core.states import Work
from nas_local.backend import LocalBackend, Machine
from nas_local.home import Home
from nas_local.records import Records
from nas_local.run import as_local
from nas_plan.actions import StartJob, Stored

PRINTS = (
    "import os; print(*(os.environ.get(name) for name in ('CUDA_VISIBLE_DEVICES', 'NAS_GPUS', 'NAS_PROCESSES'))); "
    "import signal; signal.pause()"
)
CANDIDATE = {"id": "a" * 16, "architecture": {}, "origin": "Random"}


@pytest.fixture(autouse=True)
def every_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the run see all GPUs, whoever runs the tests."""
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


async def seen(tmp_path: Path, limit: str, gpus: int, *works: Work) -> list[str]:
    """Return what the trials that run at the same time see of GPUs: the devices, NAS_GPUS and NAS_PROCESSES."""
    template = {"resources": {"limits": {"nvidia.com/gpu": limit}}}
    spec: dict[str, Any] = {"task": {"dataset": {"name": "digits"}}, "trialTemplate": template}
    home = Home(tmp_path)
    records = Records.open(home, "default", "s", spec)
    backend = LocalBackend(home, records, Machine(1, gpus, program=(sys.executable, "-uc", PRINTS)))
    search = as_local(records.search, 2, suspend=False)
    assert isinstance(search, ReadableSearch)
    for index, work in enumerate(works):
        trial: dict[str, Any] = {"index": index, "basis": 0, "seed": 1, "work": work}
        trial["candidates"] = [] if work is Work.PREPARE else [CANDIDATE]
        made = await backend.create(search, NASTrialSpec.model_validate(trial))
        await backend.start(search, StartJob(made, 1), Stored())
    attempts = backend.running
    async with asyncio.timeout(20):
        while not all(attempt.log_tail() for attempt in attempts):  # noqa: ASYNC110 - written by other processes
            await asyncio.sleep(0.02)
    for attempt in attempts:
        attempt.stop()
        await attempt.wait()
    return [attempt.log_tail() or "" for attempt in attempts]


async def test_trials_at_the_same_time_have_different_gpus(tmp_path: Path) -> None:
    assert await seen(tmp_path, "1", 2, Work.TRAIN, Work.TRAIN) == ["0 1 None", "1 1 None"]


async def test_a_trial_with_several_gpus_starts_a_process_for_each(tmp_path: Path) -> None:
    assert await seen(tmp_path, "2", 4, Work.TRAIN, Work.TRAIN) == ["0,1 2 2", "2,3 2 2"]


async def test_preparing_data_takes_no_gpu_and_without_any_none_is_seen(tmp_path: Path) -> None:
    assert await seen(tmp_path, "1", 1, Work.PREPARE, Work.TRAIN) == [" None None", "0 1 None"]
    assert await seen(tmp_path / "other", "1", 0, Work.TRAIN) == [" None None"]
