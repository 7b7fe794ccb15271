"""The trainings of a candidate: one, or with `evaluation.folds` and `repeats` several, of which the means are reported.

Each has its own seed and its own checkpoints, so that another attempt goes on with the one that was interrupted: those
before it have a checkpoint of their last epoch, which is all that is needed of them.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import torch

from nas_core.api.evaluation import Evaluation
from nas_core.api.task import Task
from nas_core.contract import MOST_WARNINGS, TrialResult
from nas_core.metric_names import STD
from nas_trial.data.examples import Examples
from nas_trial.learning_tasks import learning_task
from nas_trial.training.engine import draw_seed

JUDGED = ("val_", "test_")
"""How metrics begin whose spread is told."""


@dataclass(frozen=True)
class Training:
    """One of them."""

    examples: Examples
    seed: int
    folder: str = ""
    """Of its checkpoints within those of the candidate, with a slash behind; empty: it is the only one."""


def trainings(
    evaluation: Evaluation, task: Task, examples: Examples, seed: int, device: torch.device
) -> Iterator[Training]:
    """Yield the trainings of a candidate in order: all repeats of the first fold, then those of the next.

    The first has the trial's own seed.
    """
    folds = range(int(examples.fold_of.max()) + 1) if examples.fold_of is not None else [None]
    if len(folds) * evaluation.repeats == 1:
        yield Training(examples, seed)
        return
    number = 0
    for fold in folds:
        given = examples if fold is None else in_fold(examples, fold, task, device)
        for _ in range(evaluation.repeats):
            # Of 31 bits, as the trial's own: the loop makes larger numbers of it.
            own = draw_seed(seed, number) % 2**31 if number else seed
            yield Training(given, own, f"training-{number:02d}/")
            number += 1


def in_fold(examples: Examples, fold: int, task: Task, device: torch.device) -> Examples:
    """Return the examples as one fold has them: it validates, all others are trained on.

    What is learned of the training targets, such as class weights, is of this fold's.
    """
    given = examples.in_fold(fold)
    return replace(given, task=learning_task(task, given.train.targets.cpu().numpy(), examples.classes, device))


def mean_result(results: Sequence[TrialResult]) -> TrialResult:
    """Return the result of several trainings; of one, itself.

    Metrics are means over those that have them, ``<metric>_std`` the standard deviation of a sample; seconds are added
    up. The learning curve and the checkpoint are those of the first training: to name the best one's would be a choice.
    """
    first, last = results[0], results[-1]
    if len(results) == 1:
        return first
    values: dict[str, list[float]] = {}
    for result in results:
        for name, value in result.metrics.items():
            values.setdefault(name, []).append(value)
    means = {name: statistics.fmean(each) for name, each in values.items()}
    spread = {
        f"{name}{STD}": statistics.stdev(each)
        for name, each in values.items()
        if name.startswith(JUDGED) and len(each) > 1
    }
    means["train_seconds"] = sum(values["train_seconds"])
    learned = {name: value for name, value in means.items() if name.startswith(JUDGED)}
    return last.model_copy(
        update={
            # A result that is too long loses its last metrics.
            "metrics": {**learned, **spread, **means},
            "epochs": max(result.epochs or 0 for result in results),
            "checkpoint": first.checkpoint,
            "curve": first.curve,
            "warnings": list(dict.fromkeys(warning for result in results for warning in result.warnings))[
                :MOST_WARNINGS
            ],
        }
    )
