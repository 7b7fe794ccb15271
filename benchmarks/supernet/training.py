"""One network trained from scratch, again and again from other weights: as a trial does it, in far less time.

SGD, its rates and what decays are the trainer's own, and so are the networks. What differs is how it runs. The images
lie on the device. On a GPU a whole step is recorded once as a graph, from choosing the batch to the new weights, and
replayed without a word of Python, since with so small a network launching its kernels one by one takes far longer
than they run.
"""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.supernet.architectures import SPACE
from benchmarks.supernet.images import SIGNATURE, Images, Split
from nas_core.spaces import Architecture
from nas_model.networks.build import build_network
from nas_trial.process.torch_startup import lean
from nas_trial.training.schedule import decay_groups, rate_factor

RATE, MOMENTUM, DECAY = 0.1, 0.9, 5e-4
WARM_UP = 3
"""Steps before a graph is recorded: libraries choose their algorithms in them."""
JUDGED_AT_ONCE = 5_000
"""Images of a pass in validation."""


@dataclass(frozen=True)
class Recipe:
    """How every network is trained."""

    epochs: int
    batch: int
    dtype: torch.dtype
    """Of the forward pass; weights are float32."""


class Lane:
    """Where one training after the other runs, beside those on other lanes: a stream of a GPU; a CPU has one lane."""

    def __init__(self, device: torch.device) -> None:
        self.device, self.on_gpu = device, device.type == "cuda"
        self.stream = torch.cuda.Stream(device) if self.on_gpu else None
        self._pool = torch.cuda.graph_pool_handle() if self.on_gpu else None
        # The last one is kept: with no graph left the memory that they share would be gone too.
        self._last: torch.cuda.CUDAGraph | None = None

    def entered(self) -> AbstractContextManager[object]:
        """Return a context in which work goes to this lane."""
        return torch.cuda.stream(self.stream) if self.stream else nullcontext()

    def record(self, step: Callable[[], None]) -> Callable[[], None]:
        """Return what repeats a step: a graph of it, on a CPU the step itself."""
        if not self.stream:
            return step
        graph = torch.cuda.CUDAGraph()
        gc.disable()  # what is collected in between may be of the GPU's
        try:
            # Not torch.cuda.graph: it waits for the other lanes too.
            graph.capture_begin(pool=self._pool, capture_error_mode="thread_local")
            step()
            graph.capture_end()
        finally:
            gc.enable()
        self._last = graph
        return graph.replay

    def mark(self) -> Callable[[], bool]:
        """Return what says whether the lane has done all that it was given until now."""
        if not self.stream:
            return lambda: True
        event = torch.cuda.Event()
        event.record(self.stream)
        return event.query


class Trainee:
    """A network, and all that its training changes, always at the same places of the device's memory."""

    def __init__(self, architecture: Architecture, images: Images, recipe: Recipe, lane: Lane) -> None:
        """Build it; on a GPU also record its step."""
        self.architecture, self.images, self.recipe, self.lane = architecture, images, recipe, lane
        device = lane.device
        self.steps_an_epoch = len(images.train.y) // recipe.batch
        self.steps = recipe.epochs * self.steps_an_epoch
        with lane.entered():
            self.network = self._fresh(0).to(device).to(memory_format=torch.channels_last)
            self.rate = torch.zeros((), device=device)
            self.rates = torch.tensor([RATE * rate_factor(step, self.steps) for step in range(self.steps)]).to(device)
            self.rows = torch.zeros(self.steps, recipe.batch, dtype=torch.int64, device=device)
            self.step_now = torch.zeros(1, dtype=torch.int64, device=device)
            self.optimizer = lean(torch.optim.SGD)(
                decay_groups(self.network, DECAY), lr=self.rate, momentum=MOMENTUM, nesterov=True, fused=True
            )
            if lane.on_gpu:
                for _ in range(min(WARM_UP, self.steps)):
                    self._step()
            self.advance = lane.record(self._step)

    def begin(self, seed: int) -> None:
        """Go back to the start, with the first weights and the order of the images that a seed gives."""
        with self.lane.entered():
            self.network.load_state_dict(self._fresh(seed).state_dict())
            for state in self.optimizer.state.values():
                state["momentum_buffer"].zero_()
            draw = torch.Generator().manual_seed(seed)
            wanted = self.steps_an_epoch * self.recipe.batch
            for epoch in range(self.recipe.epochs):
                order = torch.randperm(len(self.images.train.y), generator=draw)[:wanted]
                rows = slice(epoch * self.steps_an_epoch, (epoch + 1) * self.steps_an_epoch)
                self.rows[rows] = order.reshape(-1, self.recipe.batch).to(self.rows.device)
            self.step_now.zero_()

    def train(self, steps: int) -> None:
        """Give the lane so many steps to do."""
        with self.lane.entered():
            for _ in range(steps):
                self.advance()

    def accuracy(self, split: Split) -> float:
        """Return the share of a split that is classified rightly; this waits for the lane."""
        right = 0
        self.network.eval()
        # Without trying algorithms: that would hold up the other lanes for a shape that is met a few times.
        with self.lane.entered(), torch.no_grad(), torch.backends.cudnn.flags(enabled=True, benchmark=False):
            for x, y in zip(split.x.split(JUDGED_AT_ONCE), split.y.split(JUDGED_AT_ONCE), strict=True):
                right += int((self._forward(x).argmax(1) == y).sum())
        self.network.train()
        return right / len(split.y)

    def _fresh(self, seed: int) -> nn.Module:
        torch.manual_seed(seed)
        return build_network(SPACE, self.architecture, SIGNATURE)

    def _forward(self, x: Tensor) -> Tensor:
        """Map (N, 28, 28, 1) to logits (N, classes) in float32."""
        dtype, device = self.recipe.dtype, self.lane.device
        # Without a cache of narrow weights: it would outlive the recording.
        with torch.autocast(device.type, dtype, enabled=dtype != torch.float32, cache_enabled=False):
            logits: Tensor = self.network({"image": x.permute(0, 3, 1, 2)})
        return logits.float()

    def _step(self) -> None:
        """Learn from the next batch. Nothing here may depend on Python's knowing what step it is."""
        rows = self.rows.index_select(0, self.step_now)[0]  # (batch,)
        self.rate.copy_(self.rates.index_select(0, self.step_now)[0])
        self.optimizer.zero_grad(set_to_none=True)
        logits = self._forward(self.images.train.x.index_select(0, rows))
        functional.cross_entropy(logits, self.images.train.y.index_select(0, rows)).backward()
        self.optimizer.step()
        self.step_now.add_(1)


def train(trainee: Trainee, seed: int, chunk: int = 64, ahead: int = 2) -> Iterator[bool]:
    """Train a network from a seed's weights to the end; yield after each piece of work, and while the lane is full.

    Args:
        trainee: what is trained.
        seed: of its first weights and its order.
        chunk: steps of a piece.
        ahead: pieces that the lane may have before it, so that it never waits for Python.
    """
    trainee.begin(seed)
    given: deque[Callable[[], bool]] = deque()
    for start in range(0, trainee.steps, chunk):
        trainee.train(min(chunk, trainee.steps - start))
        given.append(trainee.lane.mark())
        yield True
        while len(given) > ahead and not given[0]():
            yield False
        if len(given) > ahead:
            given.popleft()
    while not given[-1]():
        yield False
