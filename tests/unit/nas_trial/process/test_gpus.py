from __future__ import annotations

from pathlib import Path

import pytest

from nas_core.contract import GPUS_ENV
from nas_trial.errors import CandidateRejected
from nas_trial.process import gpus
from nas_trial.process.gpus import has_kernels, require_gpus

KERNELS = ["sm_75", "sm_80", "sm_86", "sm_90", "sm_100", "sm_120"]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(GPUS_ENV, "2")


def present(monkeypatch: pytest.MonkeyPatch, count: int, capability: tuple[int, int]) -> None:
    for name, value in {
        "is_available": lambda: True,
        "device_count": lambda: count,
        "get_arch_list": lambda: KERNELS,
        "get_device_capability": lambda _: capability,
        "get_device_name": lambda _: "Some GPU",
    }.items():
        monkeypatch.setattr(f"torch.cuda.{name}", value)


def test_without_gpus_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(GPUS_ENV, raising=False)
    require_gpus()


def test_a_gpu_that_does_not_come_up_fails_by_name(
    asked: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    monkeypatch.setattr("torch.version.cuda", "13.2")
    monkeypatch.setattr(gpus, "DRIVER_FILE", tmp_path / "version")
    (tmp_path / "version").write_text("NVRM version: 535.1\nGCC\n")
    with pytest.raises(CandidateRejected, match=r"given 2 GPU.*can use none") as caught:
        require_gpus()
    assert caught.value.reason == "GpuUnavailable"
    for part in ("driver: NVRM version: 535.1)", "580 or newer", "PyTorch 2.", "TORCH of"):
        assert part in caught.value.message


def test_fewer_gpus_than_were_given(asked: None, monkeypatch: pytest.MonkeyPatch) -> None:
    present(monkeypatch, 1, (8, 0))
    with pytest.raises(CandidateRejected, match="was given 2 GPUs, and PyTorch sees 1"):
        require_gpus()


def test_a_generation_without_kernels(asked: None, monkeypatch: pytest.MonkeyPatch) -> None:
    present(monkeypatch, 2, (8, 9))
    require_gpus()
    present(monkeypatch, 2, (7, 0))
    with pytest.raises(CandidateRejected, match=r"no kernels for the GPU Some GPU \(sm_70\).*sm_75 sm_80"):
        require_gpus()


@pytest.mark.parametrize(
    ("capability", "kernels", "runs"),
    [
        ((7, 0), KERNELS, False),
        ((8, 9), KERNELS, True),
        ((12, 1), KERNELS, True),
        ((9, 0), ["sm_80"], False),
        ((9, 0), ["sm_80", "compute_80"], True),
        ((10, 3), ["sm_100a"], False),
        ((9, 0), ["sm_90a"], True),
        ((8, 0), [], False),
    ],
)
def test_kernels_run_on_later_minor_versions_and_ptx_on_all_later_ones(
    capability: tuple[int, int], kernels: list[str], runs: bool
) -> None:
    assert has_kernels(capability, kernels) is runs
