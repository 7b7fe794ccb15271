"""Names that `spec.tracking` gives to what it writes at a server: `nas_plan.tracking` writes, `nasctl import` reads."""

ARCHITECTURE, HYPERPARAMETERS = "architecture.", "hyperparameters."
"""Begin the names of a run's parameters that are decisions of its candidate."""
TAG = "nas."
"""Begins the names of all tags."""
