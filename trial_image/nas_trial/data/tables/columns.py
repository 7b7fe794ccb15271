"""What the other columns of a table are, by what they hold: numbers, categories, or left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from nas_core.api.task import Task
from nas_core.table_values import FEW_CATEGORIES, FEW_ROWS, INDEX, NEARLY_ALL, plain_number_wanted
from nas_model.preprocessing.piece import MEDIA
from nas_trial.data.tables.profile import Profile
from nas_trial.data.tables.roles import Roles
from nas_trial.data.targets import listed
from nas_trial.errors import CandidateRejected, DatasetInvalid

TABULAR = frozenset({"numeric", "categorical"})
WANTED: Mapping[str, frozenset[str]] = {
    "image-classification": frozenset({"image"}),
    "text-classification": frozenset({"text"}),
    "audio-classification": frozenset({"audio"}),
    "tabular-classification": TABULAR,
    "regression": TABULAR,
    "multi-modal-classification": TABULAR.union(MEDIA),
}


@dataclass
class Kinds:
    """The inputs. ``media`` maps text, image and audio to their columns."""

    numeric: list[str] = field(default_factory=list)
    categorical: list[str] = field(default_factory=list)
    media: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


def wanted(task: Task) -> frozenset[str]:
    """Return the kinds of inputs that a task takes from a table.

    Raises:
        CandidateRejected: if it takes none.
    """
    if task.type not in WANTED:  # time series: a table has no axis for time
        raise CandidateRejected("SpecInvalid", f"task.type {task.type} is not read from tables; give an .npz file")
    return WANTED[task.type]


def decide(profiles: Mapping[str, Profile], indexes: frozenset[str], roles: Roles, task: Task, where: str) -> Kinds:
    """Return what the inputs are.

    Raises:
        CandidateRejected: if the text is not clear.
        DatasetInvalid: if the table has no column that the task needs; the message says which there are.
    """
    kinds = Kinds(media={kind: name for kind, name in roles.media.items() if kind in wanted(task)})
    rest = [name for name in profiles if name not in roles.of]
    if task.type == "text-classification" and "text" not in kinds.media:
        kinds.media["text"] = _only_text(profiles, rest, where)
    if wanted(task) >= TABULAR:
        kinds.numeric, kinds.categorical = list(roles.numeric), list(roles.categorical)
        numbered = []
        for name in rest:
            if index := _index(name, profiles[name], indexes):
                numbered.append(name)
                kinds.warnings.append(f"column {name!r} is left out: it is {index}; name it in {NAME_IT}")
            else:
                _type(name, profiles[name], kinds)
        if numbered and not (kinds.numeric or kinds.categorical or kinds.media):
            # There is nothing else to learn from; and a series by number is one.
            kinds.warnings = [f"column {name!r} is the number of the row, and the only input" for name in numbered]
            kinds.numeric = numbered
    _enough(kinds, task, list(profiles), where)
    return kinds


SHOWN = 5
"""Columns that an error says the reason of."""
NAME_IT = "task.dataset.columns to have it used, or as ignore"


def _index(name: str, profile: Profile, indexes: frozenset[str]) -> str:
    if name in indexes or (INDEX.fullmatch(name) and profile.present):
        return "the index of a data frame"
    return "the number of the row" if profile.row_number and profile.rows >= FEW_ROWS else ""


def _type(name: str, profile: Profile, kinds: Kinds) -> None:
    not_missing = profile.present - profile.words.count
    if profile.unusable:
        kinds.warnings.append(f"column {name!r} is left out: it holds values of type {profile.unusable}")
    elif not profile.present:
        kinds.warnings.append(f"column {name!r} is left out: it holds no value")
    elif profile.is_boolean:
        kinds.categorical.append(name)
    elif profile.numbers and profile.numbers >= NEARLY_ALL * not_missing:
        kinds.numeric.append(name)
    elif profile.dates and profile.dates >= NEARLY_ALL * not_missing:
        kinds.warnings.append(
            f"column {name!r} is left out: it holds dates; name it in task.dataset.columns.numeric to have it used as "
            "seconds since 1970, in categorical, or as ignore"
        )
    elif profile.names.too_many or len(profile.names.places) > max(FEW_CATEGORIES, profile.present / 2):
        count = "too many" if profile.names.too_many else str(len(profile.names.places))
        kinds.warnings.append(
            f"column {name!r} is left out: {count} different texts in {profile.present} rows are no categories; name "
            f"it in {NAME_IT}{plain_number_wanted(profile.other.value)}"
        )
    else:
        kinds.categorical.append(name)


def _only_text(profiles: Mapping[str, Profile], rest: list[str], where: str) -> str:
    matching = [name for name in rest if _is_text(profiles[name])]
    if len(matching) != 1:
        raise CandidateRejected(
            "SpecInvalid",
            f"{where}: set task.dataset.columns.text to the column of texts; there are: {listed(list(profiles))}",
        )
    return matching[0]


def _is_text(profile: Profile) -> bool:
    texts = profile.present - profile.numbers - profile.words.count - profile.dates
    return not profile.unusable and not profile.is_boolean and texts > (1 - NEARLY_ALL) * profile.present


def _enough(kinds: Kinds, task: Task, names: Sequence[str], where: str) -> None:
    usable = [*kinds.media, *(["columns of numbers or categories"] if kinds.numeric or kinds.categorical else [])]
    if not usable or (task.type == "multi-modal-classification" and len(usable) < 2):
        kinds_wanted = wanted(task)
        said = "".join(f"; {warning}" for warning in kinds.warnings[:SHOWN])
        needed = "at least two of them" if len(kinds_wanted) > 2 else "one"
        raise DatasetInvalid(
            f"{where}: task.type {task.type} needs columns of {', '.join(sorted(kinds_wanted))} ({needed}), found "
            f"{', '.join(usable) or 'none'}; name them in task.dataset.columns. There are: {listed(names)}{said}"
        )
