"""Run the trainer's measurements on this machine's GPU, in sizes that keep one busy; print their tables.

The engine beside a plain loop whose examples are in the GPU's memory: with its own there too, and with its own in the
host's memory, which shows whether copies and computing overlap. Then photos that are read while they are trained on,
beside PyTorch's DataLoader with as many processes. Without a GPU it says so and ends well.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

import torch

from benchmarks.data import streaming
from benchmarks.trainer import speed
from nas_core.api.evaluation import Evaluation
from nas_trial.data.examples import Examples, InMemory
from nas_trial.process.allocator import keep_memory
from nas_trial.process.device import pick_device, pick_dtype
from nas_trial.process.torch_startup import keep_compiler_out
from nas_trial.training.defaults import with_defaults

SIZE = 32
"""Of the images, in pixels each way."""
CPU = torch.device("cpu")


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--examples", type=int, default=50_000)
    parser.add_argument("--epochs", type=int, default=2, help="epochs in a round")
    parser.add_argument("--directory", type=Path, help="where photos are made and kept; default: a new one")
    options = parser.parse_args()
    if not torch.cuda.is_available():
        sys.stdout.write("not measured: torch.cuda.is_available() is false\n")
        return 0
    keep_memory()
    keep_compiler_out()
    device = pick_device()
    print(f"{torch.cuda.get_device_name(device)}, PyTorch {torch.__version__}, auto is {pick_dtype('auto', device)}\n")
    print("| network, batch | examples | plain loop, examples/s | engine, examples/s | ratio (rounds) |")
    print("|---|---|---|---|---|")
    for width, depth, batch in ((16, 2, 128), (16, 5, 256), (64, 5, 512)):
        evaluation = with_defaults(Evaluation(epochs=options.epochs, batch_size=batch), "image-classification")
        on_device = speed.images(options.examples, SIZE, device)
        for where, data in (("on the GPU", on_device), ("on the host", on_host(on_device))):
            # The plain loop has its examples on the GPU in both.
            found = speed.compare(data, width, depth, evaluation, device, options.rounds, plain=on_device)
            seen, ratios = options.epochs * options.examples, sorted(each.ratio for each in found)
            plain, engine = (seen / statistics.median(getattr(each, n) for each in found) for n in ("plain", "engine"))
            row = f"width {width}, depth {depth}, {batch} | {where} | {plain:,.0f} | {engine:,.0f}"
            print(f"| {row} | {statistics.median(ratios):.3f} ({ratios[0]:.3f} to {ratios[-1]:.3f}) |", flush=True)
    print()
    with tempfile.TemporaryDirectory() as made:
        streaming.measure(options.directory or Path(made), options.rounds, device)
    return 0


def on_host(data: Examples) -> Examples:
    """Return the same examples with training inputs in the host's memory, as where they would fill the GPU's."""
    train = data.train
    assert isinstance(train, InMemory)
    inputs = {name: values.to(CPU) for name, values in train.inputs.items()}
    return Examples(**{**vars(data), "train": InMemory(inputs, train.targets)})


if __name__ == "__main__":
    sys.exit(main())
