"""The kinds of work that a trial can be for, each with what does it. A new kind is entered here; a test compares it
with the contract's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from nas_core.contract import TrialResult
from nas_core.states import Work
from nas_trial.work import score, train
from nas_trial.work.attempt import Attempt
from nas_trial.work.candidates import evaluate_candidates

WORK: Mapping[Work, Callable[[Attempt], TrialResult]] = {
    Work.TRAIN: partial(evaluate_candidates, evaluate=train.evaluate),
    Work.RETRAIN: partial(evaluate_candidates, evaluate=train.evaluate, retraining=True),
    Work.SCORE: partial(evaluate_candidates, evaluate=score.evaluate),
}
