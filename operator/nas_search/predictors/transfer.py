"""What earlier searches say of candidates: a predictor for each, fitted to its results alone.

Values of different searches cannot be compared (another number of epochs, other data), their orders can. So each search
is warped by itself, and what it predicts is an input of the predictor of the search that learns from it, as zero-cost
scores are (`prior`): how much that input is worth is learned. Before there are results to learn from, the mean of what
earlier searches predict is the prediction.

References: Golovin et al., "Google Vizier", KDD 2017, section 3.3 (a stack of models, each on top of earlier ones);
Wistuba, Schilling & Schmidt-Thieme, "Two-Stage Transfer Surrogate Model for Automatic Hyperparameter Optimization",
ECML 2016; Salinas, Shen & Perrone, ICML 2020, arXiv:1909.13595 (ranks instead of values across tasks).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from nas_core.ranks import kendall_tau, tau_interval
from nas_search.predictors.ensemble import FittedEnsemble
from nas_search.predictors.held_out import Checked, HeldOut
from nas_search.predictors.worth import SourceWorth, worst
from nas_search.ranking import Floats


@dataclass(frozen=True)
class EarlierPredictor:
    """What one earlier search predicts, and what that is worth here."""

    fits: Sequence[Checked]
    """A predictor of each objective."""
    worth: SourceWorth


def judged(source: str, fits: Sequence[Checked], rows: Floats, values: Floats) -> EarlierPredictor:
    """Compare what an earlier search predicts with results of the search that learns from it.

    Args:
        source: name of the earlier search.
        fits: a predictor of each objective, fitted to its results.
        rows: features of results here, shape (n, columns).
        values: those results, more being better, shape (n, objectives).
    """
    here = worst([_agreement(fit, rows, column) for fit, column in zip(fits, values.T, strict=True)])
    return EarlierPredictor(fits, SourceWorth(source, worst([fit.held_out for fit in fits]), here))


def columns(earlier: Sequence[EarlierPredictor], objective: int, rows: Floats) -> Floats:
    """Return what earlier searches predict of an objective, a column each; ``rows`` (n, columns), (n, searches)."""
    if not earlier:
        return np.empty((len(rows), 0))
    return np.stack([one.fits[objective].predict(rows)[0] for one in earlier], 1)


def alone(earlier: Sequence[EarlierPredictor], objective: int) -> Checked:
    """Return the mean of what earlier searches predict of an objective, with the worth of the worst of them."""
    fits = [one.fits[objective] for one in earlier]
    # Each member has calibrated deviations of its own.
    return Checked(FittedEnsemble(fits), replace(worst([fit.held_out for fit in fits]), scale=1.0))


def _agreement(fit: Checked, rows: Floats, values: Floats) -> HeldOut:
    count = len(values)
    if count < 2:
        return HeldOut(count, None, None, 1.0)
    tau = kendall_tau(fit.predict(rows)[0].tolist(), values.tolist())
    return HeldOut(count, tau, None if tau is None else tau_interval(tau, count), 1.0)
