"""One supernet, several devices: each device's best network with shared weights beside the same network trained alone.

The search goes through `nasctl run`, as anybody would run it; a target is added when it has ended. Then the network of
each target is trained alone, on the supernet's images with its recipe. What was done before is taken from the folder
and from the ledger.
"""

from __future__ import annotations

import argparse
import copy
import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml

from benchmarks.ledger import Ledger
from benchmarks.ofa.alone import Finished, Right
from benchmarks.ofa.report import Row, table
from nas_core.states import Work
from nas_dev.datasets.fashion_mnist import FILES, PACKAGE
from nas_trial.process.torch_startup import keep_compiler_out

ROOT = Path(__file__).parents[2]
SEARCH = Path(__file__).with_name("search.yaml")
LATER = {"name": "watch", "constraints": [{"metric": "flops", "max": 200000}]}
"""The target that is added when the search has ended."""


def main() -> int:
    """Run what is missing, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--search", type=Path, default=SEARCH, help="the manifest")
    parser.add_argument("--dir", type=Path, default=ROOT / "out" / "ofa", help="where the search is kept")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3], help="of the networks trained alone")
    parser.add_argument("--epochs", type=int, help="of these; default: evaluation.epochs of the search")
    options = parser.parse_args()
    if not FILES.exists():
        raise SystemExit(f"{FILES} is missing: apt-get install {PACKAGE}")
    text = options.search.read_text()
    manifest = yaml.safe_load(text)
    epochs = options.epochs or manifest["spec"]["evaluation"]["epochs"]
    settings = f"{hashlib.sha256(text.encode()).hexdigest()[:16]} {epochs}"
    ledger = Ledger(options.dir.with_suffix(".jsonl"), settings)
    ledger.once("search", lambda: run(manifest, options.dir))
    more = copy.deepcopy(manifest)
    more["spec"]["targets"].append(LATER)
    part = ledger.once("another target", lambda: run(more, options.dir))
    print(f"another target: a network after {part['first']:.0f} s, all candidates after {part['seconds']:.0f} s")
    more["spec"]["retrain"] = {"epochs": epochs}
    ledger.once("trained again", lambda: run(more, options.dir))
    found = Finished(options.dir)
    supernets = [trial.status.metrics for trial in found.state.trials if trial.spec.work == Work.SUPERNET]
    print(f"supernets trained: {len(supernets)}, in {sum(each['train_seconds'] for each in supernets):.0f} s")
    print(table(rows(found, ledger, options.seeds, epochs)))
    return 0


def run(manifest: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Run a search to its end; return its seconds, and those until the last target had its first network."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder.with_suffix(".yaml")
    path.write_text(yaml.safe_dump(manifest))
    command = [sys.executable, "-m", "nas_client.cli", "run", str(path), "--dir", str(folder)]
    last = manifest["spec"]["targets"][-1]["name"]
    began, first = time.monotonic(), None
    with subprocess.Popen(
        [*command, "--data", f"fashion-mnist={FILES}"], stdout=subprocess.PIPE, text=True, env=dict(os.environ)
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", file=sys.stderr, flush=True)
            if first is None and f"best so far for {last}:" in line:
                first = time.monotonic() - began
    if process.returncode:
        raise RuntimeError(f"nasctl run ended with {process.returncode}")
    return {"seconds": time.monotonic() - began, "first": first}


def rows(found: Finished, ledger: Ledger, seeds: list[int], epochs: int) -> list[Row]:
    """Return what came of each target; all networks are trained once before any is trained twice."""
    keep_compiler_out()
    torch.set_num_threads(1)
    targets = found.state.status.targets
    texts = [target.best[0].architecture for target in targets]
    shared = [
        ledger.once(f"shared {text}", lambda text=text: {"right": packed(found.shared(text))})  # type: ignore[misc]
        for text in texts
    ]

    def alone(text: str, seed: int) -> dict[str, Any]:
        right, seconds = found.alone(text, seed, epochs)
        print(f"{text}, seed {seed}: {right.mean():.4f} after {seconds:.0f} s", file=sys.stderr, flush=True)
        return {"right": packed(right)}

    parts = [
        [ledger.once(f"alone {text}, seed {seed}", lambda text=text, seed=seed: alone(text, seed)) for text in texts]  # type: ignore[misc]
        for seed in seeds
    ]
    limits = {target.name: target.constraints for target in found.state.spec.targets}
    return [
        Row(
            target=target.name,
            limits=limits[target.name],
            text=text,
            flops=int(target.best[0].metrics["flops"]),
            int8_bytes=int(target.best[0].metrics["int8_bytes"]),
            shared=unpacked(shared[place]),
            alone=np.stack([unpacked(of_seed[place]) for of_seed in parts]),
            retrained=next((e.metrics["test_accuracy"] for e in target.retrained if e.id == target.best[0].id), None),
        )
        for place, (target, text) in enumerate(zip(targets, texts, strict=True))
    ]


def packed(right: Right) -> str:
    """Write which images a network is right about."""
    return np.packbits(right).tobytes().hex()


def unpacked(part: dict[str, Any]) -> Right:
    """Read what :func:`packed` wrote: of a multiple of 8 images."""
    return np.unpackbits(np.frombuffer(bytes.fromhex(part["right"]), np.uint8)).astype(np.bool_)


if __name__ == "__main__":
    sys.exit(main())
