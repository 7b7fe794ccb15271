"""What the columns of a table are: as the search says, or by what they hold."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from nas_core.api.task import Task
from nas_trial.data.table import DataTable
from nas_trial.data.targets import listed
from nas_trial.errors import CandidateRejected, DatasetInvalid

TARGETS = ("target", "label", "class", "y")
SPLIT = "split"
MEDIA = ("text", "image", "audio")
TABULAR = frozenset({"numeric", "categorical"})
WANTED = {
    "image-classification": frozenset({"image"}),
    "text-classification": frozenset({"text"}),
    "audio-classification": frozenset({"audio"}),
    "tabular-classification": TABULAR,
    "regression": TABULAR,
    "multi-modal-classification": TABULAR | {*MEDIA},
}
MOST_CATEGORIES = 1000
"""A column of more different texts is taken for names or free text, as is one where most rows differ."""
NEARLY_ALL = 0.9
"""A column of texts of which this share are numbers is taken for numbers, with mistakes that are to be corrected."""


@dataclass
class Kinds:
    """The columns that are used. ``media`` maps text, image and audio to theirs."""

    target: str
    split: str | None = None
    numeric: list[str] = field(default_factory=list)
    categorical: list[str] = field(default_factory=list)
    media: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


def decide(table: DataTable, task: Task, where: str) -> Kinds:
    """Return what the columns of a table are.

    Raises:
        CandidateRejected: if a column that is named does not exist or is named twice, or if the task needs one that
            is not there; the message says which columns there are.
    """
    wanted = WANTED.get(task.type)
    if wanted is None:  # time series: a table has no axis for time
        raise CandidateRejected("SpecInvalid", f"task.type {task.type} is not read from tables; give an .npz file")
    named = task.dataset.columns
    roles: dict[str, str] = {}
    kinds = Kinds(_target(table.frame, task, where))
    # Every column has one role: a target that is an input as well would be learned by heart.
    _claim(roles, kinds.target, "target", table.frame, where)
    # A column called "split" may be a feature; then the search names it as one.
    kinds.split = task.dataset.split_column or (SPLIT if SPLIT in table.frame and SPLIT not in _all(task) else None)
    if kinds.split:
        _claim(roles, kinds.split, "splitColumn", table.frame, where)
    for role, names in (("numeric", named.numeric), ("categorical", named.categorical), ("ignore", named.ignore)):
        for name in names:
            _claim(roles, name, f"columns.{role}", table.frame, where)
    for kind in MEDIA:
        if given := getattr(named, kind):
            _claim(roles, given, f"columns.{kind}", table.frame, where)
        elif kind in table.frame and kind not in roles:
            given = kind
            # Claimed even if the task has no use for it: paths and free text are no categories.
            roles[kind] = f"columns.{kind}"
        if given and kind in wanted:
            kinds.media[kind] = given
    rest = [name for name in table.frame.columns if name not in roles]
    if task.type == "text-classification" and "text" not in kinds.media:
        kinds.media["text"] = _only_text(table.frame, rest, where)
    if wanted >= TABULAR:
        kinds.numeric, kinds.categorical = list(named.numeric), list(named.categorical)
        for name in rest:
            _type(name, table, kinds)
    _enough(kinds, task, wanted, table.frame, where)
    return kinds


def _target(frame: pd.DataFrame, task: Task, where: str) -> str:
    if task.dataset.target:
        return task.dataset.target
    matching = [name for name in TARGETS if name in frame]
    # With both "label" and "class" there, a wrong guess would go unnoticed.
    if len(matching) != 1:
        raise CandidateRejected(
            "SpecInvalid",
            f"{where}: set task.dataset.target to the column that is to be predicted; there are: "
            f"{listed(list(frame.columns))}",
        )
    return matching[0]


def _claim(roles: dict[str, str], name: str, role: str, frame: pd.DataFrame, where: str) -> None:
    if name not in frame:
        raise CandidateRejected(
            "SpecInvalid",
            f"task.dataset.{role}: {where} has no column {name!r}; there are: {listed(list(frame.columns))}",
        )
    if name in roles:
        raise CandidateRejected(
            "SpecInvalid", f"task.dataset.{role}: column {name!r} is already task.dataset.{roles[name]}; name it once"
        )
    roles[name] = role


def _all(task: Task) -> set[str]:
    """Return the columns that have a role by name."""
    named = task.dataset.columns
    media = {name for name in (named.text, named.image, named.audio, task.dataset.target) if name}
    return media | {*named.numeric, *named.categorical, *named.ignore}


def _only_text(frame: pd.DataFrame, rest: list[str], where: str) -> str:
    matching = [name for name in rest if _is_text(frame[name])]
    if len(matching) != 1:
        raise CandidateRejected(
            "SpecInvalid",
            f"{where}: set task.dataset.columns.text to the column of texts; there are: {listed(list(frame.columns))}",
        )
    return matching[0]


def _type(name: str, table: DataTable, kinds: Kinds) -> None:
    values = table.frame[name]
    # Before numbers: to pandas, bools are numeric too.
    if pd.api.types.is_bool_dtype(values):
        kinds.categorical.append(name)
    elif pd.api.types.is_numeric_dtype(values) and values.notna().any():  # one without any value is float64 too
        kinds.numeric.append(name)
    elif _is_text(values):
        _type_text(name, values.dropna(), kinds)
    else:
        kinds.warnings.append(f"column {name!r} is left out: it holds {_held(values)}")


def _type_text(name: str, values: pd.Series, kinds: Kinds) -> None:
    different = values.nunique()
    if pd.to_numeric(values, errors="coerce").notna().mean() >= NEARLY_ALL:
        kinds.numeric.append(name)
    # Ten are few in any table, even where most of its rows differ.
    elif different > MOST_CATEGORIES or different > max(10, len(values) / 2):
        kinds.warnings.append(
            f"column {name!r} is left out: {different} different texts in {len(values)} rows are no categories; name "
            "it in task.dataset.columns to have it used, or as ignore"
        )
    else:
        kinds.categorical.append(name)


def _is_text(values: pd.Series) -> bool:
    present = values.dropna()
    # mixed-integer: texts and whole numbers in one column, which JSON lines may hold.
    return len(present) > 0 and (
        isinstance(values.dtype, pd.CategoricalDtype)
        or pd.api.types.infer_dtype(present) in ("string", "mixed-integer")
    )


def _held(values: pd.Series) -> str:
    return f"values of type {pd.api.types.infer_dtype(values.dropna())}" if values.notna().any() else "no value"


def _enough(kinds: Kinds, task: Task, wanted: frozenset[str], frame: pd.DataFrame, where: str) -> None:
    usable = [*kinds.media, *(["columns of numbers or categories"] if kinds.numeric or kinds.categorical else [])]
    if not usable or (task.type == "multi-modal-classification" and len(usable) < 2):
        needed = "at least two of them" if len(wanted) > 2 else "one"
        raise DatasetInvalid(
            f"{where}: task.type {task.type} needs columns of {', '.join(sorted(wanted))} ({needed}), found "
            f"{', '.join(usable) or 'none'}; name them in task.dataset.columns. There are: "
            f"{listed(list(frame.columns))}"
        )
