"""``nasctl init DATA``: looks at a CSV or a folder of files and writes a manifest; exit code 0 if it was written.

It names only what the data cannot tell later: task, target, budget. Space, metric, optimiser and epochs are chosen from
the prepared data when the search begins (`status.plan`), by the same rules on a cluster and on this machine.
"""

from __future__ import annotations

import csv
import gzip
import itertools
import re
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TextIO

import typer
import yaml

from nas_client.errors import InvalidInput
from nas_core.api import GROUP, VERSION
from nas_core.api.base import DURATION_PATTERN

INTERRUPTED = "stopped; nothing was written"
SAMPLE_ROWS, SAMPLE_FILES = 10_000, 20_000
"""What is looked at, at most."""
ROW_LIMIT = 1 << 20
TARGETS = ("target", "label", "class", "y")
"""As the trainer knows them without being told."""
FEW_NUMBERS = 20
"""A target of numbers with more different values than this is a quantity."""
RARE = 10
RETRAIN_EXAMPLES, RETRAIN_EPOCHS = 50_000, (10, 100)
"""How many examples a retraining sees in all, and its least and most epochs."""
IMAGES = (".png", ".jpg", ".jpeg", ".bmp", ".webp", ".gif", ".tif", ".tiff")
SOUNDS = (".wav", ".flac", ".ogg", ".mp3")
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
NO_VALUE = ("", "na", "n/a", "nan", "null", "none", "?", "-")
TASKS = ("tabular-classification", "regression", "image-classification", "audio-classification")


@dataclass(frozen=True)
class Seen:
    """What a look at the data found."""

    task: str
    target: str | None
    examples: int
    """Those that were looked at."""
    notes: tuple[str, ...]
    """What is odd, and how much was looked at."""


def command(
    data: Annotated[Path, typer.Argument(help="A CSV or TSV, or a folder with a folder of files for each class.")],
    target: Annotated[str | None, typer.Option(help="The column to predict.", show_default=False)] = None,
    task: Annotated[str | None, typer.Option(help="task.type of the search.", show_default=False)] = None,
    time: Annotated[str, typer.Option(help="How long the search may take.")] = "30m",
    name: Annotated[str | None, typer.Option(help="Name of the search; default: that of the data.")] = None,
    out: Annotated[Path | None, typer.Option(help="The manifest; default: NAME.yaml.", show_default=False)] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing: take what is proposed.")] = False,
) -> int:
    """Look at the data, ask what it cannot tell, and write the manifest.

    Raises:
        InvalidInput: if the data cannot be used, or an option is wrong.
    """
    asks = sys.stdin.isatty() and not yes
    if task is not None and task not in TASKS:
        raise InvalidInput(f"--task {task}: must be one of {', '.join(TASKS)}")
    seen = _look_at_folder(data) if data.is_dir() else _look_at_table(data, target, asks)
    for note in seen.notes:
        typer.echo(f"  {note}")
    kind, name = task or seen.task, name or _name_of(data)
    if asks:
        kind = _asked("What kind of problem is it?", kind, "|".join(map(re.escape, TASKS)))
        time = _asked("How long may it take?", time, DURATION_PATTERN)
        name = _asked("What is the search called?", name, "[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?")
    if not re.fullmatch(DURATION_PATTERN, time):
        raise InvalidInput(f"--time {time}: must be a duration such as 30m, 2h or 1d")
    if not re.fullmatch("[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?", name):
        raise InvalidInput(f"--name {name}: must have at most 40 lower-case letters, digits and '-'")
    out = out or Path(f"{name}.yaml")
    text = manifest_of(name, kind, seen, data, time)
    if out.exists() and not (asks and typer.confirm(f"{out} is there already. Overwrite it?", default=False)):
        raise InvalidInput(f"{out} is there already; give another file with --out, or remove it")
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InvalidInput(f"--out {out}: {error.strerror or error}") from error
    folder = data if data.is_dir() else data.parent
    typer.echo(f"{out} is written. Next:\n  nasctl validate {out}\n  nasctl run {out} --data data={folder}")
    return 0


def _asked(question: str, default: str, pattern: str) -> str:
    while True:
        answer = str(typer.prompt(question, default=default)).strip()
        if re.fullmatch(pattern, answer):
            return answer
        typer.echo(f"  {answer!r} is not understood; Enter takes {default}")


def manifest_of(name: str, task: str, seen: Seen, data: Path, time: str) -> str:
    """Return the manifest, with a comment for each choice."""

    def quoted(value: str) -> str:
        return yaml.safe_dump(value, default_style='"', width=10_000, allow_unicode=True).strip()

    place = "" if data.is_dir() else f"\n        path: {quoted(data.name)}"
    wanted = f"\n      target: {quoted(seen.target)}  # the column to predict" if seen.target else ""
    least, most = RETRAIN_EPOCHS
    epochs = min(most, max(least, RETRAIN_EXAMPLES // seen.examples))
    return f"""\
# Written by nasctl init. What is not here is chosen from the data when the search begins, and told in status.plan:
# search space, metric, optimiser, epochs. Whatever you add wins.
apiVersion: {GROUP}/{VERSION}
kind: NASSearch
metadata:
  name: {quoted(name)}
spec:
  task:
    type: {task}
    dataset:
      # On a cluster: a PersistentVolumeClaim with the data. On this machine: nasctl run --data data=FOLDER.
      volume:
        claimName: data{place}{wanted}
      testFraction: "0.2"  # examples that no candidate sees, for an honest number at the end
  # The best architecture is trained once more, in full: that is the model.
  retrain:
    top: 1
    epochs: {epochs}  # the fewer examples, the more often each is seen
  budget:
    maxTrials: 20  # architectures that are tried
    maxDuration: {time}  # then the search ends with the best so far
"""


def _name_of(data: Path) -> str:
    words = re.sub(r"[^a-z0-9]+", "-", data.resolve().name.lower().partition(".")[0])[:40].strip("-")
    return words or "search"


def _look_at_folder(folder: Path) -> Seen:
    counts: dict[str, Counter[str]] = {"image": Counter(), "audio": Counter()}
    files = (one for one in folder.rglob("*") if one.suffix.lower() in (*IMAGES, *SOUNDS))
    for one in itertools.islice(files, SAMPLE_FILES):
        counts["image" if one.suffix.lower() in IMAGES else "audio"][one.parent.name] += 1
    kind = max(counts, key=lambda each: counts[each].total())
    classes = counts[kind]
    if len(classes) < 2:
        raise InvalidInput(f"{folder}: write a folder of images or sounds for each class; there are {len(classes)}")
    total = f"{classes.total():,} files ({kind}) in {len(classes)} folders, one for each class"
    return Seen(f"{kind}-classification", None, classes.total(), (total, *_rare(classes)))


def _look_at_table(path: Path, target: str | None, asks: bool) -> Seen:
    if not path.name.lower().endswith((".csv", ".tsv", ".csv.gz", ".tsv.gz")):
        raise InvalidInput(f"{path}: give a CSV or TSV, or a folder with a folder of files for each class")
    names, rows = _rows(path)
    proposed = next((one for one in TARGETS if one in names), names[-1])
    target = target or (
        _asked(f"Which column is to be predicted ({', '.join(names[:20])})?", proposed, "|".join(map(re.escape, names)))
        if asks
        else proposed
    )
    if target not in names:
        raise InvalidInput(f"--target {target}: there is no such column; there are {', '.join(names[:20])}")
    columns = {name: [row[place].strip() for row in rows] for place, name in enumerate(names)}
    notes = [f"{len(rows):,} rows and {len(names)} columns looked at; to be predicted: {target}"]
    notes += _odd(columns, target)
    present = [value for value in columns[target] if value.lower() not in NO_VALUE]
    classes = Counter(columns[target])
    if len(set(present)) < 2:
        raise InvalidInput(
            f"{path}: column {target!r} has one value only, so there is nothing to learn; --target names another"
        )
    quantity = len(set(present)) > FEW_NUMBERS and all(NUMBER.fullmatch(value) for value in present)
    if quantity:
        return Seen("regression", target, len(rows), tuple(notes))
    return Seen("tabular-classification", target, len(rows), (*notes, *_rare(classes)))


def _rows(path: Path) -> tuple[list[str], list[list[str]]]:
    """Return the names of the columns and the first rows that have all of them."""
    try:
        with _opened(path) as file:
            first = file.readline(ROW_LIMIT)
            separator = max(",;\t|", key=first.count)
            names = [name.strip() for name in next(csv.reader([first], delimiter=separator), [])]
            lines = iter(lambda: file.readline(ROW_LIMIT), "")
            read = csv.reader(lines, delimiter=separator)
            rows = [row for row in itertools.islice(read, SAMPLE_ROWS) if len(row) == len(names)]
    except (OSError, UnicodeDecodeError, csv.Error, EOFError) as error:
        raise InvalidInput(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    if len(names) < 2 or not rows or len(set(names)) < len(names):
        raise InvalidInput(f"{path}: needs a first row with a name for each column, each once, and rows below it")
    return names, rows


def _opened(path: Path) -> TextIO:
    if path.suffix.lower() == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _odd(columns: dict[str, list[str]], target: str) -> list[str]:
    notes = []
    for name, values in columns.items():
        if name == target:
            continue
        missing = sum(value.lower() in NO_VALUE for value in values)
        if len(set(values)) == 1:
            notes.append(f"{name}: every row has the same value, which tells nothing")
        elif len(set(values)) == len(values) and not any("." in value for value in values):
            notes.append(f"{name}: no value is there twice; if it is a number of the row, add it to columns.ignore")
        elif missing:
            notes.append(f"{name}: {missing / len(values):.0%} of the values are missing")
        if values == columns[target]:
            notes.append(f"{name}: is the same as {target}, so it gives the answer away; add it to columns.ignore")
    return notes


def _rare(classes: Counter[str]) -> Sequence[str]:
    notes = [f"class {name!r} has {count} examples only" for name, count in classes.items() if count < RARE]
    largest, most = classes.most_common(1)[0]
    if most > classes.total() * 0.75:
        notes.append(f"{most / classes.total():.0%} are of class {largest!r}; the metric is chosen accordingly")
    return notes[:10]
