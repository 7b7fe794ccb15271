"""Rules for what does not fit the task: a space for other data, a metric or a setting that its training does not have.

Without them such a search costs pods, or a whole training, before it says so. A trainer of the user's own
(`trialTemplate.image`, `command`) may do as it likes, and a table is asked without the data. Each rule is here twice,
as CEL and as Python.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nas_core.api.base import Rule
from nas_core.api.named_metrics import Field, any_wrong, first_wrong, named
from nas_core.api.own_trainer import OWN_TRAINER, has_own_trainer, listed
from nas_core.api.space_names import NEEDS, Inputs
from nas_core.metric_names import REPORTED, SAME_FOR_ALL, STD, WRITTEN_OTHERWISE, nearest, reported

INPUTS: Mapping[str, Inputs] = {
    "image-classification": "images",
    "text-classification": "texts",
    "audio-classification": "sound or time series",
    "time-series-classification": "sound or time series",
    "tabular-classification": "tables",
    "regression": "tables",
}
"""What a network gets, by the type of the task; several at once with multi-modal-classification."""
BUILT_IN = {"digits": "image-classification", "breast-cancer": "tabular-classification", "diabetes": "regression"}
"""The task of each data set of the trial image."""


def _rule(wrong: str, message: str, text: str | None, path: str, broken: Callable[[Any], str | None]) -> Rule:
    """Make a rule for the trainer that ships.

    ``wrong`` is CEL that holds of a spec that breaks it, ``text`` CEL of a message that names values.
    """
    return Rule(
        f"{OWN_TRAINER} || !({wrong})",
        message,
        message_expression=text,
        field_path=path,
        broken_by=lambda spec: None if has_own_trainer(spec) else broken(spec),
    )


def _space() -> Rule:
    # Of each type of task the spaces for it; a space of the user's own, of cells or stages, is for images.
    suits = {kind: [name for name, needs in NEEDS.items() if needs == inputs] for kind, inputs in INPUTS.items()}
    table = "{" + ", ".join(f"'{kind}': {listed(names)}" for kind, names in suits.items()) + "}"
    own = "(has(self.searchSpace.cell) || has(self.searchSpace.stages))"
    # Written out, as the API server cannot bound the cost of joining a list.
    words = "{" + ", ".join(f"'{kind}': '{', '.join(names)}'" for kind, names in suits.items()) + "}"
    message = "the space is for other data than the task's; correct task.type, or name a space for it"

    def broken(spec: Any) -> str | None:
        space, kind = spec.search_space, spec.task.type
        if space is None or kind not in suits:
            return None
        described = "cell" if space.cell else "stages" if space.stages else space.name
        if described in (None, *suits[kind]) or (described in ("cell", "stages") and INPUTS[kind] == "images"):
            return None
        return f"{described} for {kind}; for it are {', '.join(suits[kind])}"

    return _rule(
        f"has(self.searchSpace) && self.task.type in {listed(suits)} && ((has(self.searchSpace.name) && "
        f"!(self.searchSpace.name in {table}[self.task.type])) || "
        f"({own} && self.task.type != 'image-classification'))",
        message,
        f"'the space ' + (has(self.searchSpace.name) ? self.searchSpace.name + ' ' : 'for images ') + 'is not for "
        f"task.type ' + self.task.type + '; correct one of them: for this type are ' + {words}[self.task.type]",
        ".searchSpace",
        broken,
    )


def _metrics(field: Field) -> Rule:
    kinds = "|".join(REPORTED)
    assert kinds == "classification|multiLabel|regression", "the CEL below names these"
    names = [reported(kind) for kind in REPORTED]

    def by_kind(cel: list[str]) -> str:
        return f"(self.task.type == 'regression' ? {cel[2]} : self.task.multiLabel ? {cel[1]} : {cel[0]})"

    known = f"({by_kind([listed(each) for each in names])} + {listed(SAME_FOR_ALL)})"
    # Written out, as the API server cannot bound the cost of joining a list.
    words = by_kind([f"'{', '.join(each)}'" for each in names])
    in_words = f"{words} + ', {', '.join(SAME_FOR_ALL)}'"
    # Of several trainings there are standard deviations too, by an ending.
    several = "has(self.evaluation.folds) || (has(self.evaluation.repeats) && self.evaluation.repeats > 1)"
    # By an expression, which is shorter than the lists: a CRD has little room.
    reports = by_kind([f"o.metric.matches('^({'|'.join(each)})$')" for each in names])
    same = f"o.metric.matches('^({'|'.join(SAME_FOR_ALL)})$')"
    wrong = f"!{reports} && !{same} && !(o.metric.endsWith('{STD}') && ({several}))"
    others = listed(f"{name}={meant}" for name, meant in WRITTEN_OTHERWISE.items())
    meant = (
        f"({others}.filter(k, k.startsWith(o.metric + '=')).map(k, '; did you mean ' + k.split('=')[1] + '?') + "
        f"{known}.filter(k, k == 'val_' + o.metric || k == o.metric.replace('test_', 'val_') || "
        "k == o.metric.lowerAscii() || k.startsWith(o.metric) || (o.metric.size() > 5 && "
        "k.startsWith(o.metric.substring(0, 5)) && k.endsWith(o.metric.substring(o.metric.size() - 2))))"
        ".map(k, '; did you mean ' + k + '?') + ['.'])[0]"
    )
    message = "the trainer reports no such metric for this task"

    def broken(spec: Any) -> str | None:
        kind = "regression" if spec.task.type == "regression" else "multiLabel" if spec.task.multi_label else None
        names = [*reported(kind or "classification"), *SAME_FOR_ALL]
        # Those that the operator chooses suit the task.
        given = named(spec, field) if field in spec.model_fields_set else ()
        for before, one in given:
            metric = one.metric
            if metric not in names and not (metric.endswith(STD) and spec.evaluation.trainings > 1):
                meant = nearest(metric, names)
                asked = f"; did you mean {meant}?" if meant else "."
                return f"{before}{metric}{asked} It reports {', '.join(names)}"
        return None

    return _rule(
        any_wrong(field, wrong),
        message,
        first_wrong(field, wrong, f"o.metric + ': {message}' + {meant} + ' It reports ' + {in_words}"),
        f".{field}",
        broken,
    )


def _cost_metric() -> Rule:
    names = SAME_FOR_ALL
    path = "strategy.bayesian.costMetric"

    def broken(spec: Any) -> str | None:
        metric = spec.strategy.bayesian.cost_metric if spec.strategy.bayesian else None
        return f"{metric}; it reports {', '.join(names)}" if metric not in (None, *names) else None

    return _rule(
        f"has(self.strategy) && has(self.strategy.bayesian) && has(self.{path}) && !(self.{path} in {listed(names)})",
        f"{path} is no cost that the trainer reports, such as train_seconds or flops",
        f"'{path} ' + self.{path} + ' is no cost that the trainer reports; name one of {', '.join(names)}'",
        ".strategy",
        broken,
    )


def _built_in() -> Rule:
    table = "{" + ", ".join(f"'{name}': '{kind}'" for name, kind in BUILT_IN.items()) + "}"
    wrong = f"has(self.task.dataset.name) && {table}[self.task.dataset.name] != self.task.type"
    message = "this data set is for another task.type; correct one of them"

    def broken(spec: Any) -> str | None:
        name = spec.task.dataset.name
        right = BUILT_IN.get(name)
        return f"{name} is for {right}, not {spec.task.type}" if right not in (None, spec.task.type) else None

    return _rule(
        wrong,
        message,
        f"'dataset ' + self.task.dataset.name + ' is for task.type ' + {table}[self.task.dataset.name] + ', not ' + "
        "self.task.type + '; correct one of them'",
        ".task.type",
        broken,
    )


def _setting(path: str, given: str, kinds: tuple[str, ...], found: Callable[[Any], object]) -> Rule:
    """Make a rule that a setting is for some types of task alone; ``given`` is CEL, ``found`` what a spec has of it."""
    field = f"evaluation.{path}"
    message = f"{field} is for {', '.join(kinds)}; remove it"

    def broken(spec: Any) -> str | None:
        value = found(spec.evaluation)
        return f"{value} with task.type {spec.task.type}" if value and spec.task.type not in kinds else None

    return _rule(
        f"!(self.task.type in {listed(kinds)}) && has(self.{field}) && {given}",
        message,
        f"'{message}, or correct task.type ' + self.task.type",
        f".{field}",
        broken,
    )


def _above_zero(path: str, kinds: tuple[str, ...], found: Callable[[Any], str]) -> Rule:
    """Make the rule of a number that is 0 where the setting is not used."""
    given = f"double(string(self.evaluation.{path})) > 0.0"
    return _setting(path, given, kinds, lambda of: float(found(of)) and found(of))


_IN_TABLES = (*(kind for kind in INPUTS if kind != "time-series-classification"), "multi-modal-classification")
FORMATS: Mapping[str, tuple[str, ...]] = {
    "image-folder": ("image-classification",),
    "audio-folder": ("audio-classification",),
    "text-folder": ("text-classification",),
    "idx": ("image-classification",),
    "csv": _IN_TABLES,
    "parquet": _IN_TABLES,
    "jsonl": _IN_TABLES,
}
"""The types of task that are read from a format, where not all are; a table has no axis for the time of a series."""


def _format() -> Rule:
    # Each list of types once, for all the formats that it is of.
    same = {kinds: [name for name, of in FORMATS.items() if of == kinds] for kinds in FORMATS.values()}
    wrong = (
        f"(self.task.dataset.format in {listed(names)} && !(self.task.type in {listed(kinds)}))"
        for kinds, names in same.items()
    )
    message = "this format is not for data of this task.type; correct one of them"

    def broken(spec: Any) -> str | None:
        name, kind = spec.task.dataset.format, spec.task.type
        return f"{name} for {kind}" if kind not in FORMATS.get(name, (kind,)) else None

    return _rule(
        " || ".join(wrong),
        message,
        "'task.dataset.format ' + self.task.dataset.format + ' is not for data of task.type ' + self.task.type + "
        "'; correct one of them'",
        ".task.dataset.format",
        broken,
    )


_CLASSIFICATIONS = (*(kind for kind in INPUTS if kind != "regression"), "multi-modal-classification")
_SOUND = "spec-augment"
_WITHOUT_IMAGES = tuple(kind for kind, inputs in INPUTS.items() if inputs != "images")
_WARMUP = "evaluation.optimizer.warmupEpochs"


def _warmup(of: Any) -> str | None:
    warmup = of.optimizer.warmup_epochs if of.optimizer else None
    # Epochs that the operator chooses have room for it.
    return f"{warmup} of {of.epochs}" if "epochs" in of.model_fields_set and warmup and warmup >= of.epochs else None


TASK_RULES = (
    _space(),
    _metrics("objectives"),
    _metrics("constraints"),
    _metrics("targets"),
    _cost_metric(),
    _built_in(),
    _format(),
    _above_zero("labelSmoothing", _CLASSIFICATIONS, lambda of: of.label_smoothing),
    _above_zero("mixup", ("image-classification",), lambda of: of.mixup),
    _above_zero("cutmix", ("image-classification",), lambda of: of.cutmix),
    _setting(
        "augmentation",
        f"self.evaluation.augmentation.exists(a, a != '{_SOUND}')",
        ("image-classification", "multi-modal-classification"),
        lambda of: next((name for name in of.augmentation if name != _SOUND), None),
    ),
    _setting(
        "augmentation",
        f"self.evaluation.augmentation.exists(a, a == '{_SOUND}')",
        ("audio-classification", "multi-modal-classification"),
        lambda of: next((name for name in of.augmentation if name == _SOUND), None),
    ),
    _rule(
        "has(self.searchSpace) && has(self.searchSpace.decisions)",
        "searchSpace.decisions are for a trainer of your own; set trialTemplate.image to it, or name a ready-made "
        "space in searchSpace.name",
        None,
        ".searchSpace.decisions",
        # In Python too few things are known: a space of decisions is played without a trainer as well.
        lambda _: None,
    ),
    Rule(
        # The operator's own image has no data of yours. Outside a cluster a path is one of the machine.
        "!has(self.task.dataset.path) || has(self.trialTemplate.image) || has(self.evaluation.benchmark)",
        "task.dataset.path is a path in an image of your own; set trialTemplate.image, or use task.dataset.uri or "
        "task.dataset.volume",
        message_expression="'task.dataset.path ' + self.task.dataset.path + ' is a path in an image of your own; set "
        "trialTemplate.image, or use task.dataset.uri or task.dataset.volume'",
        field_path=".task.dataset.path",
    ),
    _rule(
        "has(self.task.dataset.image) && has(self.task.dataset.image.size) && "
        f"self.task.type in {listed(_WITHOUT_IMAGES)}",
        "task.dataset.image.size is for images; remove it, or correct task.type",
        "'task.dataset.image.size is for images; remove it, or correct task.type ' + self.task.type",
        ".task.dataset.image",
        lambda spec: spec.task.type if spec.task.dataset.image.size and spec.task.type in _WITHOUT_IMAGES else None,
    ),
    _rule(
        f"has(self.evaluation.optimizer) && has(self.{_WARMUP}) && has(self.evaluation.epochs) && "
        f"self.{_WARMUP} >= self.evaluation.epochs",
        f"{_WARMUP} leaves no epoch for training; lower it below evaluation.epochs",
        None,
        f".{_WARMUP}",
        lambda spec: _warmup(spec.evaluation),
    ),
    Rule(
        "!has(self.evaluation.folds) || !has(self.task.dataset.time)",
        "evaluation.folds divides at random, and task.dataset.time by age; remove one of them",
        field_path=".evaluation.folds",
        broken_by=lambda spec: (
            f"folds {spec.evaluation.folds}" if spec.evaluation.folds and spec.task.dataset.time else None
        ),
    ),
)
