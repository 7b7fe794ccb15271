"""One candidate trained by several processes, one for each GPU: data-parallel, in step.

Each has the whole network, takes its share of every batch, and adds its gradients to the others' before the optimiser's
step, so that all make the same step. The first one (rank 0) alone reads data and checkpoints, measures, stores, and
tells; `from_first` gives the others what it has. Batch normalisation sees the share of its own process, as it sees
only a part with `evaluation.accumulation`; the processes' statistics are averaged before they are used or stored.

Not torch's `DistributedDataParallel`, which adds gradients up while it still computes others: a process that runs out
of memory then could not take smaller parts, because the others would be adding already. (`SyncBatchNorm` would have the
same trouble.) Nor does it take networks of which some weights get no gradient, as those of search spaces often are,
without looking for these in every step. Here it is one message a step, after the last gradient.

References: Goyal et al. 2017, arXiv:1706.02677 (what a large batch divided over GPUs is equal to); Li et al., "PyTorch
Distributed: Experiences on Accelerating Data Parallel Training", VLDB 2020.
"""

from __future__ import annotations

import io
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import torch
from torch import Tensor, distributed, nn

from nas_trial.errors import CandidateRejected, PeerLost
from nas_trial.process.log import silence
from nas_trial.process.stop import StopFlag
from nas_trial.training.checkpoint import Progress, pack, unpack

T = TypeVar("T")

PATIENCE = timedelta(days=1)
"""How long processes wait for one another: the first may read data for hours. What ends a wait for one that hangs is
the watchdog, and for one that died the launcher."""
AGREE_EVERY_S = 1.0
CPU = torch.device("cpu")


@dataclass(frozen=True)
class Group:
    """The processes of an attempt. All must call each method at the same point; tensors are on the device."""

    rank: int
    size: int
    device: str
    """This process's, as in ``cuda:1``."""

    def share(self, chosen: Tensor) -> Tensor:
        """Return this process's part of a batch's indices (n)."""
        return chosen.tensor_split(self.size)[self.rank]

    def span(self, length: int) -> tuple[int, int]:
        """Return where this process's part of so many examples begins and ends."""
        return length * self.rank // self.size, length * (self.rank + 1) // self.size

    def add_up(self, tensors: Sequence[Tensor]) -> None:
        """Replace tensors, all of one type, by their sums over the processes: bit for bit the same in all of them."""
        flat = torch.cat([tensor.reshape(-1) for tensor in tensors])
        with lost_peers():
            distributed.all_reduce(flat)
        parts = torch.split(flat, [tensor.numel() for tensor in tensors])
        torch._foreach_copy_(list(tensors), [part.view(t.shape) for part, t in zip(parts, tensors, strict=True)])

    def add_up_gradients(self, network: nn.Module) -> None:
        """Give all processes the sum of their gradients. Weights without one have none in any of them."""
        self.add_up([weight.grad for weight in network.parameters() if weight.grad is not None])

    def even_out(self, network: nn.Module) -> None:
        """Give all processes the means of their batch normalisations' running statistics."""
        named = network.named_buffers()
        if statistics := [buffer for name, buffer in named if name.endswith(("running_mean", "running_var"))]:
            self.add_up(statistics)
            torch._foreach_div_(statistics, self.size)

    def totals(self, values: Mapping[str, float]) -> dict[str, float]:
        """Return the sums over the processes of what each has by name."""
        sums = torch.tensor(list(values.values()), dtype=torch.float64)
        with lost_peers():
            distributed.all_reduce(sums)
        return dict(zip(values, sums.tolist(), strict=True))

    def greatest(self, *values: float) -> list[float]:
        """Return the greatest that any process has of each value."""
        found = torch.tensor(values, dtype=torch.float64)
        with lost_peers():
            distributed.all_reduce(found, distributed.ReduceOp.MAX)
        return found.tolist()

    def from_first(self, make: Callable[[], T]) -> T:
        """Return what ``make`` returns in the first process, where alone it is called.

        Raises:
            CandidateRejected: in all processes, if ``make`` does.
        """
        box: list[Any] = [None]
        if self.rank == 0:
            value: T | None = None
            rejected: tuple[str, str] | None = None
            try:
                value = make()
            except CandidateRejected as error:
                rejected = error.reason, error.message
            content = io.BytesIO()
            torch.save((value, rejected), content)
            box = [content.getvalue()]
        with lost_peers():
            distributed.broadcast_object_list(box, src=0, device=CPU)
        # What comes is from a process of this pod; what was on its GPU belongs on this one's.
        value, rejected = torch.load(io.BytesIO(box[0]), map_location={"cuda:0": self.device}, weights_only=False)
        if rejected:
            raise CandidateRejected(*rejected)
        return value

    def alike(
        self,
        network: nn.Module,
        optimizer: torch.optim.Optimizer,
        average: nn.Module | None,
        progress: Progress | None,
    ) -> Progress | None:
        """Bring all processes to the first one's state of training; return where it stands."""
        state, progress = self.from_first(lambda: (pack(network, optimizer, average), progress))
        if self.rank > 0:
            unpack(state, network, optimizer, average)
        return progress

    def leave(self) -> None:
        """Part, once all are here."""
        self.greatest(0.0)
        distributed.destroy_process_group()


class AgreedStop(StopFlag):
    """A stop that all processes come to at the same step, by asking one another about once a second.

    Each process must ask at every step, and only there. ``most``: steps between two agreements at most, such as those
    of an epoch, after which judging takes a time of its own.
    """

    def __init__(self, own: StopFlag, group: Group, most: int) -> None:
        super().__init__()
        self._own, self._group, self._most = own, group, most
        self._every = self._left = 1
        self._asked = time.monotonic()

    def is_set(self) -> bool:
        """Whether any process was asked to stop when they last asked one another."""
        self._left -= 1
        if self._left:
            return False
        now = time.monotonic()
        stop, step_s = self._group.greatest(self._own.is_set(), (now - self._asked) / self._every)
        self._asked = now
        self._every = self._left = max(1, min(self._most, int(AGREE_EVERY_S / max(step_s, 1e-9))))
        return bool(stop)


def join() -> Group | None:
    """Return the group that the environment names by torchrun's protocol, None if this process is alone.

    NCCL between GPUs, gloo between CPUs. All but the first process write no log from here on.

    Raises:
        PeerLost: if the others are not there.
        RuntimeError: if the container has fewer GPUs than processes.
    """
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        return None
    rank, device, backend = int(os.environ["RANK"]), "cpu", "gloo"
    if torch.cuda.is_available():
        local = int(os.environ["LOCAL_RANK"])
        if local >= torch.cuda.device_count():
            raise RuntimeError(f"{size} processes need a GPU each, but the container has {torch.cuda.device_count()}")
        torch.cuda.set_device(local)
        device, backend = f"cuda:{local}", "cpu:gloo,cuda:nccl"
    if rank > 0:
        silence()
    with lost_peers():
        distributed.init_process_group(backend, timeout=PATIENCE)
    return Group(rank, size, device)


def from_first(group: Group | None, make: Callable[[], T]) -> T:
    """Return what ``make`` returns in the first process of a group, or here if there is none."""
    return group.from_first(make) if group else make()


@contextmanager
def lost_peers() -> Iterator[None]:
    """Tell errors of communication, which the end of another process brings, from errors of this one."""
    try:
        yield
    except torch.OutOfMemoryError:
        raise
    except RuntimeError as error:
        raise PeerLost(str(error)) from error
