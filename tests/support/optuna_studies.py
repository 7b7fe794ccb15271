"""Studies of Optuna for tests of what reads them."""

from __future__ import annotations

import optuna


def tuned(trial: optuna.Trial) -> float:
    """Take a parameter of each kind; the third trial is pruned."""
    rate = trial.suggest_float("lr", 1e-5, 1e-1, log=True)
    units = trial.suggest_int("units", 16, 64, step=16)
    trial.suggest_categorical("act", ["relu", "tanh", None, True, 3])
    trial.suggest_float("dropout", 0.0, 0.5)
    if trial.number == 2:
        raise optuna.TrialPruned
    return rate * units
