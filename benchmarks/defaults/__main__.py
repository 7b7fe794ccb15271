"""Search each data set with nothing but its task said, and print a row for each."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

import torch

from benchmarks.defaults.data import CASES, Case
from benchmarks.defaults.search import TRIALS, Outcome, run
from nas_trial.process.torch_startup import keep_compiler_out

HEAD = (
    "| data set | task | rows | metric | best, validation | linear | boosting | best, test | linear | boosting "
    "| failed | s a trial |"
)


def main() -> int:
    """Run the searches one after the other."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="*", help="names of data sets")
    parser.add_argument("--trials", type=int, default=TRIALS)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    keep_compiler_out()
    torch.set_num_threads(options.threads)
    print(f"{HEAD}\n|{'---|' * HEAD.count(' | ')}---|", flush=True)
    for name, case in CASES.items():
        if options.only and name not in options.only:
            continue
        with tempfile.TemporaryDirectory() as folder:
            spec: dict[str, Any] = {"task": {"type": case.kind, "dataset": case.dataset(Path(folder))}}
            outcome = run(spec, options.trials)
        print(row(name, case, outcome), flush=True)
        settings = {each.field.rpartition(".")[2]: each.value for each in outcome.chosen}
        print(f"  {settings}", flush=True)
    return 0


def row(name: str, case: Case, outcome: Outcome) -> str:
    """Return a data set's row of the table; one that is for evaluating the rules is marked."""
    metric, summary = outcome.metric, outcome.summary
    test = metric.replace("val_", "test_")
    cells = [
        name if case.tuned else f"{name} (held out)",
        case.kind,
        f"{summary.training:,}",
        metric.removeprefix("val_"),
        f"{outcome.best:.3f}",
    ]
    cells += [_shown(outcome, model, metric) for model in ("linear", "gradient-boosting")]
    cells.append("-" if outcome.tested is None else f"{outcome.tested:.3f}")
    cells += [_shown(outcome, model, test) for model in ("linear", "gradient-boosting")]
    return "| " + " | ".join([*cells, str(outcome.failed), f"{outcome.seconds:.1f}"]) + " |"


def _shown(outcome: Outcome, model: str, metric: str) -> str:
    found = outcome.of_baseline(model)
    return f"{found.metrics[metric]:.3f}" if found and metric in found.metrics else "-"


if __name__ == "__main__":
    raise SystemExit(main())
