"""Rules for objectives and constraints on the trainer's own metrics: the right direction, and values they can have.

Without them a search maximises `val_loss` without a word, or waits for an accuracy of 95. A trainer of the user's own
(`trialTemplate.image`) gives these names what meaning it likes, and so do the columns of a table their unit. Each rule
is here twice, as CEL and as Python.
"""

from __future__ import annotations

from typing import Any

from nas_core.api.base import Rule
from nas_core.api.named_metrics import Field, any_wrong, first_wrong, named
from nas_core.metric_names import Known, known, pattern

_OWN_TRAINER = "has(self.trialTemplate.image)"
_OWN_UNITS = f"{_OWN_TRAINER} || has(self.evaluation.benchmark)"


def _direction(goal: str, less_is_better: bool) -> Rule:
    right = "minimize" if less_is_better else "maximize"
    better = "less" if less_is_better else "more"
    named = pattern(lambda metric: metric.less_is_better == less_is_better)
    wrong = f"o.goal == '{goal}' && o.metric.matches('{named}')"
    message = f"{better} is better of this metric of the trainer; set goal: {right}"

    def broken_by(spec: Any) -> str | None:
        if spec.trial_template.image:
            return None
        found = ((o.metric, known(o.metric)) for o in spec.objectives if o.goal == goal)
        return next((name for name, of in found if of and of.less_is_better == less_is_better), None)

    return Rule(
        f"{_OWN_TRAINER} || !({any_wrong('objectives', wrong)})",
        message,
        message_expression=first_wrong("objectives", wrong, f"o.metric + ': {message}'"),
        field_path=".objectives",
        broken_by=broken_by,
    )


def _beyond(field: Field, bound: str, limit: float, *, above: bool) -> Rule:
    """Make the rule that a bound on a metric is not above the most, or below the least, that the metric can be."""

    def limited(metric: Known) -> bool:
        return (metric.most if above else metric.least) == limit

    wrong = (
        f"has(o.{bound}) && o.metric.matches('{pattern(limited)}') && isQuantity(string(o.{bound})) && "
        f"quantity(string(o.{bound})).{'isGreaterThan' if above else 'isLessThan'}(quantity('{limit:g}'))"
    )
    if field == "objectives":
        # A target on the other side is reached by the first result, which may be what somebody wants.
        wrong = f"o.goal == '{'maximize' if above else 'minimize'}' && {wrong}"
    share = "; write 95 % as '0.95'" if above else ""
    message = f"this metric is at {'most' if above else 'least'} {limit:g}{share}"
    escaped = message.replace("'", "\\'")

    def broken_by(spec: Any) -> str | None:
        if spec.trial_template.image or spec.evaluation.benchmark:
            return None
        for before, one in named(spec, field):
            of, value = known(one.metric), getattr(one, bound)
            if of is None or value is None or not limited(of):
                continue
            asked = field != "objectives" or one.goal == ("maximize" if above else "minimize")
            if asked and (float(value) > limit if above else float(value) < limit):
                return f"{before}{one.metric}: {bound} {value}"
        return None

    text = f"o.metric + ': {bound} ' + string(o.{bound}) + ' cannot be reached, {escaped}'"
    return Rule(
        f"{_OWN_UNITS} || !({any_wrong(field, wrong)})",
        message,
        message_expression=first_wrong(field, wrong, text),
        field_path=f".{field}",
        broken_by=broken_by,
    )


METRIC_RULES = (
    _direction("maximize", less_is_better=True),
    _direction("minimize", less_is_better=False),
    _beyond("objectives", "target", 1, above=True),
    _beyond("objectives", "target", 0, above=False),
    _beyond("objectives", "target", 1, above=False),
    *(
        rule
        for field in ("constraints", "targets")
        for rule in (
            _beyond(field, "min", 1, above=True),
            _beyond(field, "max", 0, above=False),
            _beyond(field, "max", 1, above=False),
        )
    ),
)
