"""Rules of searches that share weights: what they need, and what shared weights cannot do.

Each is here twice, as CEL and as Python.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nas_core.api.base import Rule
from nas_core.api.gradient import gradient_of
from nas_core.api.own_trainer import OWN_TRAINER, has_own_trainer, listed

CELLS = ("nas-bench-201", "nas-bench-301", "nasnet")
"""Ready-made spaces of cells that a gradient strategy can mix."""

_SHARES = "has(self.evaluation.supernet)"
DERIVES = (
    "(has(self.strategy.darts) || has(self.strategy.pcDarts) || has(self.strategy.gdas) || has(self.strategy.drNas))"
)
"""CEL of :func:`derives`."""
_EITHER = f"({_SHARES} || {DERIVES})"


def derives(spec: Any) -> bool:
    """Whether the strategy of a `NASSearchSpec` derives architectures in a supernet."""
    return gradient_of(spec.strategy) is not None


def shares(spec: Any) -> bool:
    """Whether the candidates of a `NASSearchSpec` are evaluated with shared weights."""
    return spec.evaluation.supernet is not None


def supernet_epochs(spec: Any) -> int:
    """Return the epochs that each supernet of a `NASSearchSpec` is trained; 0 if it trains none."""
    gradient, shared = gradient_of(spec.strategy), spec.evaluation.supernet
    if gradient is not None:
        return gradient.epochs
    return shared.epochs if shared is not None and shared.from_ is None else 0


def _either(spec: Any) -> bool:
    return derives(spec) or shares(spec)


def _proposed(guidance: Any) -> str | None:
    """Return what of guidance asks for architectures; None if nothing does."""
    if guidance is None:
        return None
    if guidance.inject or guidance.inject_from:
        return "inject"
    if guidance.parents:
        return "parents"
    return "prefer" if any(rule.prefer is not None for rule in guidance.decisions) else None


def cells_fault(spec: Any) -> str | None:
    """Return the space of a search with a gradient strategy that is none of cells; None if all is well.

    A shared space is only known when it has been filled in.
    """
    space = spec.search_space
    if not derives(spec) or space.cell is not None or space.name in CELLS:
        return None
    if space.ref is not None and space.member is None:
        return None
    images = spec.task.type == "image-classification"
    return None if space.member is None and images else space.name or space.member or f"the default of {spec.task.type}"


def rule_where(
    of: str, applies: Callable[[Any], bool], wrong: str, found: Callable[[Any], object], message: str
) -> Rule:
    """Make a rule for searches that it ``applies`` to (``of`` in CEL); ``found`` returns what is wrong, or nothing."""

    def broken_by(spec: Any) -> str | None:
        what = found(spec) if applies(spec) else None
        return str(what) if what else None

    return Rule(f"!{of} || !({wrong})", message, broken_by=broken_by)


SUPERNET_RULES = (
    # Without a cluster a folder is the storage, so that only the API server denies it.
    Rule(
        f"!{_EITHER} || has(self.storage)",
        "evaluation.supernet and gradient strategies need storage for the shared weights; add spec.storage",
    ),
    rule_where(
        _EITHER,
        _either,
        OWN_TRAINER,
        lambda spec: "another" if has_own_trainer(spec) else None,
        "only the trainer that ships shares weights; remove trialTemplate.image and command, and evaluation.benchmark",
    ),
    rule_where(
        _EITHER,
        _either,
        "has(self.searchSpace) && has(self.searchSpace.decisions)",
        lambda spec: "decisions" if spec.search_space.decisions else None,
        "no network is known for searchSpace.decisions, so weights cannot be shared; take another space",
    ),
    rule_where(
        _EITHER,
        _either,
        "has(self.hyperparameters) && self.hyperparameters.size() > 0",
        lambda spec: ", ".join(decision.name for decision in spec.hyperparameters),
        "shared weights are trained with one setting; remove hyperparameters, or train each candidate",
    ),
    rule_where(
        _EITHER,
        _either,
        "has(self.strategy.rungs)",
        lambda spec: "rungs" if spec.strategy.rungs else None,
        "strategy.rungs trains candidates further, which shared weights make needless; remove it",
    ),
    rule_where(
        DERIVES,
        derives,
        "has(self.evaluation.supernet)",
        lambda spec: "supernet" if shares(spec) else None,
        "what a gradient strategy derives is trained from scratch to judge it; remove evaluation.supernet",
    ),
    rule_where(
        DERIVES,
        derives,
        "has(self.evaluation.prefilter)",
        lambda spec: "prefilter" if spec.evaluation.prefilter else None,
        "a gradient strategy chooses by itself what is trained; remove evaluation.prefilter",
    ),
    rule_where(
        DERIVES,
        derives,
        "has(self.guidance) && ((has(self.guidance.inject) && self.guidance.inject.size() > 0) || "
        "(has(self.guidance.injectFrom) && self.guidance.injectFrom.size() > 0) || "
        "(has(self.guidance.parents) && self.guidance.parents.size() > 0) || "
        "(has(self.guidance.decisions) && self.guidance.decisions.exists(d, has(d.prefer))))",
        lambda spec: _proposed(spec.guidance),
        "a gradient strategy trains what it derives: remove inject, injectFrom, parents and prefer from guidance; "
        "forbid and require hold for it",
    ),
    rule_where(
        DERIVES,
        derives,
        f"has(self.searchSpace) ? (has(self.searchSpace.stages) || (has(self.searchSpace.name) && "
        f"!(self.searchSpace.name in {listed(CELLS)})) || (!has(self.searchSpace.cell) && "
        "!has(self.searchSpace.ref) && !has(self.searchSpace.name) && self.task.type != 'image-classification')) : "
        "self.task.type != 'image-classification'",
        cells_fault,
        f"gradient strategies are for spaces of cells: {', '.join(CELLS)}, or searchSpace.cell; take one of these, or "
        "evaluation.supernet with another strategy",
    ),
    *(
        rule_where(_SHARES, shares, wrong, found, f"{what}; remove {field}, or evaluation.supernet")
        for field, wrong, found, what in (
            (
                "evaluation.earlyStopping",
                "has(self.evaluation.earlyStopping)",
                lambda spec: "earlyStopping" if spec.evaluation.early_stopping else None,
                "earlyStopping needs learning curves, which candidates with shared weights do not have",
            ),
            (
                "evaluation.folds",
                "has(self.evaluation.folds)",
                lambda spec: spec.evaluation.folds,
                "shared weights are trained on one split of the data, and folds have several",
            ),
            (
                "evaluation.repeats",
                "self.evaluation.repeats > 1",
                lambda spec: spec.evaluation.repeats if spec.evaluation.repeats > 1 else None,
                "a candidate with shared weights is not trained, so repeats would all be the same",
            ),
            (
                "evaluation.initFrom",
                "has(self.evaluation.initFrom)",
                lambda spec: "initFrom" if spec.evaluation.init_from else None,
                "candidates start from the shared weights, and not from published ones",
            ),
        )
    ),
)
