"""One candidate trained by several processes, one for each GPU, in one or several pods: data-parallel, in step.

Each has the whole network, takes its share of every batch, and adds its gradients to the others' before the optimiser's
step, so that all make the same step. The first one (rank 0) alone reads checkpoints, measures, stores, and tells;
`from_first` gives the others what it has. The first one of each pod finds the data. Batch normalisation sees the share
of its own process, as it sees only a part with `evaluation.accumulation`; the processes' statistics are averaged before
they are used or stored.

Not torch's `DistributedDataParallel`, which adds gradients up while it still computes others: a process that runs out
of memory then could not take smaller parts, because the others would be adding already. (`SyncBatchNorm` would have the
same trouble.) Nor does it take networks of which some weights get no gradient, as those of search spaces often are,
without looking for these in every step. Here it is one message a step, after the last gradient.

References: Goyal et al. 2017, arXiv:1706.02677 (what a large batch divided over GPUs is equal to); Li et al., "PyTorch
Distributed: Experiences on Accelerating Data Parallel Training", VLDB 2020.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

import torch
from torch import Tensor, distributed, nn

from nas_trial.errors import CandidateRejected, PeerLost
from nas_trial.process.gpus import require_gpus
from nas_trial.process.launcher import RENDEZVOUS_ENV
from nas_trial.process.log import silence
from nas_trial.process.messages import Form, Json
from nas_trial.training.asked import Asked
from nas_trial.training.progress import Progress
from nas_trial.training.tensor_message import Tensors
from nas_trial.training.train_state import TrainState, pack, unpack

T = TypeVar("T")

PATIENCE = timedelta(days=1)
"""How long processes wait for one another: the first may read data for hours. What ends a wait for one that hangs is
the watchdog, and for one that died the launcher."""
AGREE_EVERY_S = 1.0
PROGRESS: Json[Progress | None] = Json(Progress | None)
_REJECTION: Json[tuple[str, str]] = Json(tuple[str, str])
_VALUE, _REJECTED = b"v", b"r"
"""The first byte of a message: what follows."""


@dataclass(frozen=True)
class Group:
    """The processes of an attempt. All must call each method at the same point; tensors are on the device.

    A process that calls one alone waits for the others until the watchdog ends it.
    """

    rank: int
    size: int
    device: str
    """This process's, as in ``cuda:1``."""
    of_pod: int
    """Processes of each pod; those of one pod have ranks that follow one another, and share its disk."""
    pod: distributed.ProcessGroup | None = None
    """Those of this process's pod, where there are others of other pods."""

    def shard(self, chosen: Tensor) -> Tensor:
        """Return this process's part of a batch's indices (n)."""
        return chosen.tensor_split(self.size)[self.rank]

    def shard_range(self, length: int) -> tuple[int, int]:
        """Return where this process's part of so many examples begins and ends."""
        return length * self.rank // self.size, length * (self.rank + 1) // self.size

    def all_reduce(self, tensors: Sequence[Tensor]) -> None:
        """Replace tensors, all of one type, by their sums over the processes: bit for bit the same in all of them."""
        # One message for all: many small ones would each pay the latency.
        flat = torch.cat([tensor.reshape(-1) for tensor in tensors])  # (all elements,)
        with lost_peers():
            distributed.all_reduce(flat)
        parts = torch.split(flat, [tensor.numel() for tensor in tensors])
        torch._foreach_copy_(list(tensors), [part.view(t.shape) for part, t in zip(parts, tensors, strict=True)])

    def all_reduce_gradients(self, network: nn.Module) -> None:
        """Give all processes the sum of their gradients. Weights without one have none in any of them."""
        self.all_reduce([weight.grad for weight in network.parameters() if weight.grad is not None])

    def average_running_statistics(self, network: nn.Module) -> None:
        """Give all processes the means of their batch normalisations' running statistics."""
        named = network.named_buffers()
        if statistics := [buffer for name, buffer in named if name.endswith(("running_mean", "running_var"))]:
            self.all_reduce(statistics)
            torch._foreach_div_(statistics, self.size)  # the sum becomes the mean

    @contextmanager
    def averaged(self, networks: Collection[nn.Module]) -> Iterator[None]:
        """Give all processes those means for a block; after it each has its own again, as if nothing had been."""
        own = [(buffer, buffer.clone()) for network in networks for buffer in network.buffers()]
        for network in networks:
            self.average_running_statistics(network)
        yield
        for buffer, value in own:
            buffer.copy_(value)

    def sum(self, values: Mapping[str, float]) -> dict[str, float]:
        """Return the sums over the processes of what each has by name."""
        sums = torch.tensor(list(values.values()), dtype=torch.float64)
        with lost_peers():
            distributed.all_reduce(sums)
        return dict(zip(values, sums.tolist(), strict=True))

    def maximum(self, *values: float) -> list[float]:
        """Return the greatest that any process has of each value."""
        greatest = torch.tensor(values, dtype=torch.float64)
        with lost_peers():
            distributed.all_reduce(greatest, distributed.ReduceOp.MAX)
        return greatest.tolist()

    def from_first(self, make: Callable[[], T], form: Form[T], *, each_pod: bool = False) -> T:
        """Return what ``make`` returns in the first process, where alone it is called; ``form`` says how it is sent.

        ``each_pod``: in the first process of each pod, for the others of that pod.

        Raises:
            CandidateRejected: in all processes, if ``make`` does.
        """
        first = self.rank - self.rank % self.of_pod if each_pod else 0
        content = _attempted(make, form) if self.rank == first else None
        if self.of_pod > 1 or not each_pod:
            content = self._broadcast(content, first, self.pod if each_pod else None)
        assert content is not None
        # The first one too reads what it has written: all have exactly the same.
        if content[:1] == _REJECTED:
            raise CandidateRejected(*_REJECTION.read(content[1:]))
        return form.read(content[1:])

    def _broadcast(self, content: bytes | None, first: int, among: distributed.ProcessGroup | None) -> bytes:
        """Send bytes from one process to all (``among`` None), or to those of its pod."""
        length = torch.tensor(len(content or b""))
        with lost_peers():
            distributed.broadcast(length, first, among)
            sent = torch.empty(int(length), dtype=torch.uint8)
            if content is not None:
                sent = torch.frombuffer(bytearray(content), dtype=torch.uint8)
            distributed.broadcast(sent, first, among)
        return sent.numpy().tobytes()

    def synchronise(self, state: TrainState, progress: Progress | None) -> Progress | None:
        """Bring all processes to the first one's state of training; return where it stands."""
        progress = self.from_first(lambda: progress, PROGRESS)
        tensors = self.from_first(lambda: pack(state), Tensors())
        if self.rank > 0:
            unpack(tensors, state)
        return progress

    def leave(self) -> None:
        """Part, once all are here."""
        self.maximum(0.0)
        distributed.destroy_process_group()


def _attempted(make: Callable[[], T], form: Form[T]) -> bytes:
    """Return what is sent of ``make``: its value, or why the candidate is rejected."""
    try:
        return _VALUE + form.write(make())
    except CandidateRejected as error:
        return _REJECTED + _REJECTION.write((error.reason, error.message))


class Agreement:
    """What all processes do before the same step, by asking one another about once a second.

    Each process must ask at every step, and only there. ``own`` is what one is asked to do by itself; ``most``: steps
    between two agreements at most, such as those of an epoch, after which judging takes a time of its own.
    """

    def __init__(self, own: Callable[[], Asked], group: Group, most: int) -> None:
        self._own, self._group, self._most = own, group, most
        self._every = self._left = 1
        self._met = time.monotonic()

    def __call__(self) -> Asked:
        """Return the most that any process was asked to do when they last asked one another."""
        # Every process counts the same steps, so all come to the question together.
        self._left -= 1
        if self._left:
            return Asked.NOTHING
        now = time.monotonic()
        what, step_s = self._group.maximum(self._own(), (now - self._met) / self._every)
        self._met = now
        # By the slowest one's step: they ask again in about a second.
        self._every = self._left = max(1, min(self._most, int(AGREE_EVERY_S / max(step_s, 1e-9))))
        return Asked(int(what))


def join() -> Group | None:
    """Return the group that the environment names by torchrun's protocol, None if this process is alone.

    They find one another where `nas_trial.process.launcher` says, else as torchrun does (MASTER_ADDR, MASTER_PORT). Of
    one pod are as many as LOCAL_WORLD_SIZE says.
    NCCL between GPUs, gloo between CPUs. All but the first process write no log from here on.

    Raises:
        PeerLost: if the others are not there.
        CandidateRejected: if the pod asked for GPUs that cannot be used.
        RuntimeError: if the container has fewer GPUs than processes.
    """
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        return None
    require_gpus()
    of_pod = int(os.environ.get("LOCAL_WORLD_SIZE", size))
    rank, device, backend = int(os.environ["RANK"]), "cpu", "gloo"
    if torch.cuda.is_available():
        local = int(os.environ["LOCAL_RANK"])
        if local >= torch.cuda.device_count():
            raise RuntimeError(f"{of_pod} processes need a GPU each, but the container has {torch.cuda.device_count()}")
        torch.cuda.set_device(local)
        device, backend = f"cuda:{local}", "cpu:gloo,cuda:nccl"
    if rank > 0:
        silence()  # one log line for all
    with lost_peers():
        distributed.init_process_group(
            backend, init_method=os.environ.get(RENDEZVOUS_ENV, "env://"), timeout=PATIENCE, rank=rank, world_size=size
        )
        # Each process takes part in making the groups of all pods.
        pods = [distributed.new_group(list(range(k, k + of_pod)), backend="gloo") for k in range(0, size, of_pod)]
    pod = pods[rank // of_pod]
    assert isinstance(pod, distributed.ProcessGroup), "this process is one of its pod's"
    return Group(rank, size, device, of_pod, pod if len(pods) > 1 else None)


@contextmanager
def lost_peers() -> Iterator[None]:
    """Tell errors of communication, which the end of another process brings, from errors of this one."""
    try:
        yield
    except torch.OutOfMemoryError:
        raise
    except RuntimeError as error:
        raise PeerLost(str(error)) from error
