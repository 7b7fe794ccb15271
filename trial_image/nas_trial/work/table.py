"""The kinds of work that a trial can be for, each with what does it. A new kind is entered here; a test compares it
with the contract's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from nas_core.contract import TrialResult
from nas_trial.work import score, train
from nas_trial.work.attempt import Attempt
from nas_trial.work.candidates import evaluate_candidates

WORK: Mapping[str, Callable[[Attempt], TrialResult]] = {
    "Train": partial(evaluate_candidates, evaluate=train.evaluate),
    "Retrain": partial(evaluate_candidates, evaluate=train.evaluate, retraining=True),
    "Score": partial(evaluate_candidates, evaluate=score.evaluate),
}
