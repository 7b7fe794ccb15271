"""The settings of the trainer that a search may have as `spec.hyperparameters`, and the rules for their values.

Without the rules trials fail one by one: of `learning_rate`, which the trainer does not know, or of a batch size of 0.
A trainer of the user's own has hyperparameters of its own, and so has a table. Each rule is here twice, as CEL and as
Python.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from nas_core.api.base import UNSIGNED_PATTERN, Rule
from nas_core.api.decision import DecisionSpec
from nas_core.api.evaluation import BELOW_ONE_PATTERN, AugmentationName, OptimizerName, ScheduleName
from nas_core.api.own_trainer import OWN_TRAINER, has_own_trainer, listed


@dataclass(frozen=True)
class Setting:
    """The values that a setting takes: numbers in a range, whole ones or not, or words."""

    must: str
    """What each value must be, in words that follow "must be"."""
    pattern: str
    """Of a value as text."""
    least: float = 0
    most: float = math.inf
    whole: bool = False
    words: tuple[str, ...] = ()
    """Members of a subset, if a setting may be one."""

    def fault(self, decision: DecisionSpec) -> str | None:
        """Return the value or range of a decision that the setting does not take; None if it takes all."""
        if decision.choice is not None:
            return next((value for value in decision.choice if not self._takes(value)), None)
        if decision.subset is not None:
            return next((member for member in decision.subset.members if member not in self.words), None)
        span = decision.integer or decision.real
        assert span is not None, "a decision has exactly one member"
        numbers = self._numbers and (decision.integer or not self.whole)
        inside = self.least <= float(span.min) and float(span.max) <= self.most
        return None if numbers and inside else f"{span.min} to {span.max}"

    @property
    def _numbers(self) -> bool:
        return self.least < self.most

    def _takes(self, value: str) -> bool:
        return bool(re.search(self.pattern, value)) and (not self.whole or self.least <= int(value) <= self.most)

    def refuses(self) -> str:
        """Return CEL that holds for a choice c that the setting does not take."""
        value = f"string(c).matches(r'{self.pattern}')"
        if self.whole:
            value += f" && int(string(c)) >= {self.least} && int(string(c)) <= {self.most}"
        return f"!({value})"

    def wrong(self) -> str:
        """Return CEL that holds for a decision h with a value that the setting does not take."""
        integer = f"h.integer.min < {self.least:g}" if self._numbers else "true"
        real = f"double(string(h.real.min)) < {float(self.least)}" if self._numbers and not self.whole else "true"
        if self._numbers and self.most < math.inf:
            integer += f" || h.integer.max > {self.most:g}"
            real += f" || double(string(h.real.max)) > {float(self.most)}"
        members = f"h.subset.members.exists(m, !(m in {listed(self.words)}))" if self.words else "true"
        return (
            f"(has(h.choice) && h.choice.exists(c, {self.refuses()})) || (has(h.integer) && ({integer})) || "
            f"(has(h.real) && ({real})) || (has(h.subset) && {members})"
        )


def _whole(least: int, most: int) -> Setting:
    digits = len(str(most))
    return Setting(f"a whole number from {least} to {most}", f"^[0-9]{{1,{digits}}}$", least, most, whole=True)


def _one_of(words: tuple[str, ...]) -> Setting:
    return Setting(f"one of {', '.join(words)}", f"^({'|'.join(words)})$", least=0, most=0)


def _some_of(words: tuple[str, ...]) -> Setting:
    one = "|".join(words)
    must = f"none, or one or several of {', '.join(words)}, joined by +"
    return Setting(must, f"^(none|({one})([+]({one}))*)$", least=0, most=0, words=words)


_UNSIGNED = Setting("a number of at least 0", UNSIGNED_PATTERN)
# Four digits, as real decisions are written.
_BELOW_ONE = Setting("a number of at least 0 and below 1", BELOW_ONE_PATTERN, most=0.9999)

HYPERPARAMETERS: Mapping[str, Setting] = {
    "optimizer": _one_of(get_args(OptimizerName)),
    "learningRate": _UNSIGNED,
    "weightDecay": _UNSIGNED,
    "momentum": _BELOW_ONE,
    "schedule": _one_of(get_args(ScheduleName)),
    "warmupEpochs": _whole(0, 1000),
    "clipNorm": _UNSIGNED,
    "batchSize": _whole(1, 65_536),
    "accumulation": _whole(1, 1024),
    "labelSmoothing": _BELOW_ONE,
    "dropout": _BELOW_ONE,
    "augmentation": _some_of(get_args(AugmentationName)),
    "mixup": _UNSIGNED,
    "cutmix": _UNSIGNED,
    "averageDecay": _BELOW_ONE,
}
"""By the names that they have in `spec.evaluation` and its optimizer; ``optimizer`` is the optimizer's name."""

_ELSEWHERE = {
    "lr": "learningRate",
    "wd": "weightDecay",
    "l2": "weightDecay",
    "bs": "batchSize",
    "batch": "batchSize",
    "optim": "optimizer",
    "scheduler": "schedule",
    "lrscheduler": "schedule",
    "warmup": "warmupEpochs",
    "clip": "clipNorm",
    "gradclip": "clipNorm",
    "maxgradnorm": "clipNorm",
    "smoothing": "labelSmoothing",
    "dropoutrate": "dropout",
    "augment": "augmentation",
    "augmentations": "augmentation",
    "ema": "averageDecay",
    "emadecay": "averageDecay",
}
"""What others call them, in small letters without '_' and '-'."""
_MEANT = {name.lower(): name for name in HYPERPARAMETERS} | _ELSEWHERE


def _meant(name: str) -> str | None:
    return _MEANT.get(name.lower().replace("_", "").replace("-", ""))


def _rule(wrong: str, message: str, text: str, broken_by: Callable[[DecisionSpec], str | None]) -> Rule:
    """Make a rule of which no hyperparameter h may be ``wrong``; ``text`` is CEL for a message about it."""

    def found(spec: Any) -> str | None:
        if has_own_trainer(spec):
            return None
        return next((what for one in spec.hyperparameters if (what := broken_by(one)) is not None), None)

    return Rule(
        f"{OWN_TRAINER} || !has(self.hyperparameters) || !self.hyperparameters.exists(h, {wrong})",
        message,
        message_expression=f"self.hyperparameters.map(h, {wrong}, {text})[0]",
        field_path=".hyperparameters",
        broken_by=found,
    )


def _known() -> Rule:
    key = "h.name.lowerAscii().replace('_', '').replace('-', '')"
    others = listed(f"{other}={name}" for other, name in _ELSEWHERE.items())
    meant = (
        f"({listed(HYPERPARAMETERS)}.filter(k, k.lowerAscii() == {key}) + {others}.filter(k, k.startsWith({key} + '='))"
        ".map(k, k.split('=')[1]) + ['none'])[0]"
    )
    known = f"the trainer knows {', '.join(HYPERPARAMETERS)}"

    def broken_by(one: DecisionSpec) -> str | None:
        return None if one.name in HYPERPARAMETERS else f"{one.name}; nearest: {_meant(one.name) or 'none'}"

    return _rule(
        f"!(h.name in {listed(HYPERPARAMETERS)})",
        f"no setting; {known}",
        f"h.name + ' is no setting (nearest: ' + {meant} + '); {known}'",
        broken_by,
    )


def _values(setting: Setting) -> Rule:
    names = tuple(name for name, of in HYPERPARAMETERS.items() if of == setting)

    def broken_by(one: DecisionSpec) -> str | None:
        fault = setting.fault(one) if one.name in names else None
        return None if fault is None else f"{one.name}: {fault}"

    must = f"each value must be {setting.must}"
    value = f"(has(h.choice) ? ' ' + h.choice.map(c, {setting.refuses()}, string(c))[0] : '')"
    return _rule(
        f"h.name in {listed(names)} && ({setting.wrong()})",
        must,
        f"h.name + {value} + ': {must}'",
        broken_by,
    )


HYPERPARAMETER_RULES = (_known(), *(_values(setting) for setting in dict.fromkeys(HYPERPARAMETERS.values())))
