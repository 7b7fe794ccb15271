"""Whether the GPUs that the pod asked for can be used: a trial that was given some must not train on the CPU instead.

PyTorch is built for one version of CUDA, which needs a driver on the node that is new enough, and has kernels for some
generations of GPUs (docs/training.md). What does not fit is told by name.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import torch

from nas_core.contract import GPUS_ENV
from nas_trial.errors import CandidateRejected

DRIVERS = {"11": "450", "12": "525", "13": "580"}
"""Oldest driver for each version of CUDA. Source: NVIDIA, CUDA Compatibility (minor version compatibility)."""
DRIVER_FILE = Path("/proc/driver/nvidia/version")
DRIVER_BYTES = 200
REMEDY = (
    "Give the trials nodes that fit (trialTemplate.nodeSelector), build the image with another PyTorch (TORCH of "
    "trial_image/Dockerfile), or train without a GPU"
)


def require_gpus() -> None:
    """Return if the container has the GPUs that it was given, and PyTorch has kernels for them.

    Raises:
        CandidateRejected: reason GpuUnavailable; the message says what the image needs.
    """
    asked = int(os.environ.get(GPUS_ENV) or 0)
    if not asked:
        return
    if not torch.cuda.is_available():
        raise _unavailable(f"the trial was given {asked} GPU(s), and PyTorch can use none: {_why_none()}")
    if torch.cuda.device_count() < asked:
        raise _unavailable(f"the trial was given {asked} GPUs, and PyTorch sees {torch.cuda.device_count()}")
    kernels = torch.cuda.get_arch_list()
    for number in range(asked):
        capability = torch.cuda.get_device_capability(number)
        if not has_kernels(capability, kernels):
            name, generation = torch.cuda.get_device_name(number), "sm_{}{}".format(*capability)
            raise _unavailable(f"PyTorch has no kernels for the GPU {name} ({generation})")


def has_kernels(capability: tuple[int, int], kernels: Sequence[str]) -> bool:
    """Whether a GPU of a compute capability runs one of the kernels, such as ``sm_80`` or ``compute_90``.

    Machine code runs on its own and later minor versions of one major version, PTX (``compute_``) on all later ones.
    """
    for kernel in kernels:
        kind, _, version = kernel.partition("_")
        digits = version.rstrip("af")
        major, minor = int(digits[:-1]), int(digits[-1])
        if digits != version:  # of one generation, or its family, alone
            fits = (major, minor) == capability
        elif kind == "sm":
            fits = major == capability[0] and minor <= capability[1]
        else:
            fits = (major, minor) <= capability
        if fits:
            return True
    return False


def _unavailable(problem: str) -> CandidateRejected:
    cuda = torch.version.cuda or ""
    oldest = DRIVERS.get(cuda.partition(".")[0], "unknown")
    build = f"CUDA {cuda}, which needs a driver of version {oldest} or newer" if cuda else "no CUDA"
    kernels = " ".join(torch.cuda.get_arch_list()) or torch._C._cuda_getArchFlags() or "none"
    needs = f"PyTorch {torch.__version__} is built for {build}; its kernels: {kernels}"
    return CandidateRejected("GpuUnavailable", f"{problem}. {needs}. {REMEDY}")


def _why_none() -> str:
    """Return what PyTorch says, and which driver the node has."""
    try:
        torch.cuda.init()  # type: ignore[no-untyped-call]
        said = "it does not say why"
    except (RuntimeError, AssertionError) as error:
        said = str(error).partition("\n")[0].rstrip(".")
    try:
        with DRIVER_FILE.open() as file:
            return f"{said} (driver: {file.read(DRIVER_BYTES).partition(chr(10))[0].strip()})"
    except OSError:
        return f"{said} (no NVIDIA driver in the container)"
