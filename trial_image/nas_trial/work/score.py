"""What is known of one candidate without training it: zero-cost proxies on one minibatch, size and memory.

All candidates of a search are scored on the same examples and from the same seed, in whatever trial: scores are there
to be compared.
"""

from __future__ import annotations

from contextlib import closing

import torch

from nas_core.api.trial import CandidateSpec
from nas_core.api.types import PROXY_PREFIX
from nas_core.contract import TrialResult
from nas_core.states import Outcome
from nas_model.networks.build import build_network
from nas_trial.data.examples import Examples
from nas_trial.errors import Stopped
from nas_trial.measuring import measure
from nas_trial.proxies.base import Batch
from nas_trial.proxies.scores import score_all
from nas_trial.work.as_written import as_written
from nas_trial.work.attempt import Attempt

EXAMPLES = 64
"""Of the training split, drawn by the search's seed."""


def evaluate(candidate: CandidateSpec, attempt: Attempt, examples: Examples, device: torch.device) -> TrialResult:
    """Score a candidate without training it.

    The metrics are ``proxy_<name>`` of each proxy, and those of `nas_trial.measuring` that are counted, not timed.

    Raises:
        CandidateRejected: if there is no such network, or a proxy can say nothing of it.
        Stopped: if asked to stop before it was begun.
    """
    if attempt.stop.is_set():
        raise Stopped
    trial = attempt.trial
    with attempt.watching(f"scoring candidate {candidate.id}", computing=True):
        # The search's seed, not the trial's: scores of different trials are compared.
        torch.manual_seed(trial.data_seed)
        # As written: published scores are of that.
        network = build_network(trial.space, candidate.architecture, examples.signature, as_written=True).to(device)
        scores = score_all(network, batch(examples, trial.data_seed), trial.proxies, trial.data_seed)
        deployed = build_network(trial.space, candidate.architecture, examples.signature).to(device)
        counted = measure.counted_metrics(deployed, examples.signature, device)
        counted |= as_written(trial.space, candidate.architecture, examples.signature)
    return TrialResult(
        outcome=Outcome.SUCCEEDED,
        metrics={PROXY_PREFIX + name: score for name, score in scores.items()} | counted,
        attempt=trial.identity.attempt,
        dataset_hash=examples.hash,
        warnings=list(examples.warnings),
    )


def batch(examples: Examples, seed: int) -> Batch:
    """Return the minibatch that all candidates are scored on."""
    # Drawn on the CPU: a GPU would draw other examples from the same seed.
    order = torch.randperm(len(examples.train), generator=torch.Generator().manual_seed(seed))
    with closing(examples.train.batches([examples.train.in_order()[order[:EXAMPLES]]])) as batches:
        drawn = next(batches)
    return Batch(examples.inputs(drawn), drawn.targets, examples.task.loss)
