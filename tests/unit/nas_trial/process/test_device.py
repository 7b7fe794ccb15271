from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch

from nas_trial.process import device

AVAILABLE = 8


@pytest.fixture
def cgroup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(AVAILABLE)), raising=False)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(device, "_CGROUP_V2", tmp_path / "cpu.max")
    monkeypatch.setattr(device, "_CGROUP_V1", tmp_path / "cpu")
    return tmp_path


@pytest.mark.parametrize(
    ("quota", "threads"),
    [("200000", 2), ("150000", 2), ("50000", 1), ("1600000", AVAILABLE), ("max", AVAILABLE)],
)
def test_threads_follow_the_limit_of_cgroup_v2(quota: str, threads: int, cgroup: Path) -> None:
    (cgroup / "cpu.max").write_text(f"{quota} 100000\n")
    assert device.cpu_limit() == threads


@pytest.mark.parametrize(("quota", "threads"), [("300000", 3), ("-1", AVAILABLE)])
def test_threads_follow_the_limit_of_cgroup_v1(quota: str, threads: int, cgroup: Path) -> None:
    (cgroup / "cpu").mkdir()
    (cgroup / "cpu" / "cpu.cfs_quota_us").write_text(quota + "\n")
    (cgroup / "cpu" / "cpu.cfs_period_us").write_text("100000\n")
    assert device.cpu_limit() == threads


def test_no_cgroup_is_no_limit(cgroup: Path) -> None:
    assert device.cpu_limit() == AVAILABLE


@pytest.mark.parametrize(("asked", "threads"), [("3", 3), ("64", AVAILABLE), ("0", AVAILABLE), ("4,2", AVAILABLE)])
@pytest.mark.usefixtures("cgroup")
def test_fewer_threads_may_be_asked_for(asked: str, threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", asked)
    assert device.cpu_limit() == threads


def test_arithmetic_of_a_cpu() -> None:
    cpu = torch.device("cpu")
    assert device.pick_dtype("auto", cpu) == torch.float32
    assert device.pick_dtype("bfloat16", cpu) == torch.bfloat16


@pytest.mark.parametrize(
    ("capability", "dtype"),
    [((7, 5), torch.float16), ((8, 0), torch.bfloat16), ((9, 0), torch.bfloat16)],  # T4, A100, H100
)
def test_arithmetic_of_a_gpu(capability: tuple[int, int], dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of them take bfloat16, by emulation if need be."""

    def supported(including_emulation: bool = True) -> bool:
        return including_emulation or capability >= (8, 0)

    monkeypatch.setattr("torch.cuda.is_bf16_supported", supported)
    assert device.pick_dtype("auto", torch.device("cuda")) == dtype


@pytest.mark.parametrize("deterministic", [True, False])
def test_deterministic_mode(deterministic: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.set_num_threads", lambda _: None)
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG", raising=False)
    try:
        device.pick_device(deterministic=deterministic)
        assert torch.are_deterministic_algorithms_enabled() is deterministic
        assert ("CUBLAS_WORKSPACE_CONFIG" in os.environ) is deterministic
    finally:
        torch.use_deterministic_algorithms(False)


def test_threads_are_limited_beside_a_gpu_too(monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[int] = []
    monkeypatch.setattr("torch.set_num_threads", threads.append)
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr(device, "cpu_limit", lambda: 6)
    benchmark = torch.backends.cudnn.benchmark
    try:
        assert device.pick_device(processes=2).type == "cuda"
    finally:
        torch.backends.cudnn.benchmark = benchmark
    assert threads == [3]
