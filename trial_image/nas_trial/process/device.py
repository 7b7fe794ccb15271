"""The device, its threads and the arithmetic of the forward pass."""

from __future__ import annotations

import gc
import math
import os
import sys
from pathlib import Path

import torch

from nas_model.precision import PRECISIONS
from nas_trial.process.gpus import require_gpus

_CGROUP_V2 = Path("/sys/fs/cgroup/cpu.max")
_CGROUP_V1 = Path("/sys/fs/cgroup/cpu")


def cpu_limit() -> int:
    """Return the CPUs the trial may use, at least 1: its container's quota (cgroup v2, then v1), else its affinity.

    ``OMP_NUM_THREADS``, by which several trials share a machine that has no containers, bounds it.
    """
    available = min(len(os.sched_getaffinity(0)), _asked() or sys.maxsize)
    try:
        if _CGROUP_V2.exists():
            quota, period = _CGROUP_V2.read_text().split()
        else:
            quota = (_CGROUP_V1 / "cpu.cfs_quota_us").read_text().strip()
            period = (_CGROUP_V1 / "cpu.cfs_period_us").read_text().strip()
        if quota in ("max", "-1"):  # no limit, in v2 and v1
            return available
        return max(1, min(available, math.ceil(int(quota) / int(period))))
    except (OSError, ValueError):
        return available


def _asked() -> int | None:
    text = os.environ.get("OMP_NUM_THREADS", "")
    return int(text) if text.isdecimal() and int(text) else None


def pick_device(*, deterministic: bool = False, processes: int = 1) -> torch.device:
    """Return the GPU if the container has one, else the CPU.

    PyTorch gets as many threads as the container's limit allows, on a GPU for what it does beside; more than the limit,
    which all ``processes`` share, would spend their time being throttled.
    ``deterministic``: only algorithms that give the same numbers each time; an operation that has none raises a
    RuntimeError when it is met.

    Raises:
        CandidateRejected: if the pod asked for a GPU that cannot be used.
    """
    require_gpus()
    torch.set_num_threads(max(1, cpu_limit() // processes))
    if deterministic:  # even to say no loads PyTorch's compiler
        torch.use_deterministic_algorithms(True)
        os.environ["CUBLAS_WORKSPACE_CONFIG"] = ":4096:8"  # cuBLAS reads it when the first kernel runs
    if torch.cuda.is_available():
        # cuDNN times its algorithms and takes the fastest, which may be another one in the next run.
        torch.backends.cudnn.benchmark = not deterministic
        return torch.device("cuda")
    return torch.device("cpu")


def pick_dtype(precision: str, device: torch.device) -> torch.dtype:
    """Return the arithmetic for ``evaluation.precision``.

    auto: bfloat16 on GPUs that compute in it (Ampere and newer), float16 on older ones, float32 on CPUs.
    """
    if precision == "auto":
        if device.type != "cuda":
            return torch.float32
        # Older GPUs take bfloat16 too, but compute in float32, with no convolutions of cuDNN.
        computes = torch.cuda.is_bf16_supported(including_emulation=False)
        return torch.bfloat16 if computes else torch.float16
    return PRECISIONS[precision]


def free_memory() -> None:
    """Give back memory that nothing uses any more, the GPU's too."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
