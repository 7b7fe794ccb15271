"""``nasctl init DATA``: looks at data (`nas_client.looking`) and writes a manifest; exit code 0 if it was written.

It names only what the data cannot tell later: task, target, budget. Space, metric, optimiser and epochs are chosen from
the prepared data when the search begins (`status.plan`), by the same rules on a cluster and on this machine.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, get_args

import typer
import yaml

from nas_client.errors import InvalidInput
from nas_client.looking import Seen, local, look
from nas_core.api import GROUP, VERSION
from nas_core.api.base import DURATION_PATTERN
from nas_core.api.task import Task

INTERRUPTED = "stopped; nothing was written"
RETRAIN_EXAMPLES, RETRAIN_EPOCHS = 50_000, (10, 100)
"""How many examples a retraining sees in all, and its least and most epochs."""
TASKS: tuple[str, ...] = get_args(Task.model_fields["type"].annotation)
NAME = "[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?"


def command(
    data: Annotated[Path, typer.Argument(help="A table, an .npz file, or a folder or archive of images or sounds.")],
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
    seen = look(local(data), partial(_target, target, asks))
    for note in seen.notes:
        typer.echo(f"  {note}")
    kind, name = task or seen.task, name or _name_of(data)
    if asks:
        kind = _asked("What kind of problem is it?", kind, "|".join(map(re.escape, TASKS)))
        time = _asked("How long may it take?", time, DURATION_PATTERN)
        name = _asked("What is the search called?", name, NAME)
    if not re.fullmatch(DURATION_PATTERN, time):
        raise InvalidInput(f"--time {time}: must be a duration such as 30m, 2h or 1d")
    if not re.fullmatch(NAME, name):
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


def _target(given: str | None, asks: bool, names: Sequence[str], proposed: str) -> str:
    if given is not None or not asks:
        return given or proposed
    question = f"Which column is to be predicted ({', '.join(names[:20])})?"
    return _asked(question, proposed, "|".join(map(re.escape, names)))


def manifest_of(name: str, task: str, seen: Seen, data: Path, time: str) -> str:
    """Return the manifest, with a comment for each choice."""
    place = "" if data.is_dir() else f"\n        path: {_quoted(data.name)}"
    least, most = RETRAIN_EPOCHS
    epochs = min(most, max(least, RETRAIN_EXAMPLES // seen.examples))
    return f"""\
# Written by nasctl init. What is not here is chosen from the data when the search begins, and told in status.plan:
# search space, metric, optimiser, epochs. Whatever you add wins.
apiVersion: {GROUP}/{VERSION}
kind: NASSearch
metadata:
  name: {_quoted(name)}
spec:
  task:
    type: {task}{_multi_label(seen)}
    dataset:
      # On a cluster: a PersistentVolumeClaim with the data. On this machine: nasctl run --data data=FOLDER.
      volume:
        claimName: data{place}{_fields(seen)}
  # The best architecture is trained once more, in full: that is the model.
  retrain:
    top: 1
    epochs: {epochs}  # the fewer examples, the more often each is seen
  budget:
    maxTrials: 20  # architectures that are tried
    maxDuration: {time}  # then the search ends with the best so far
"""


def _quoted(value: str) -> str:
    return yaml.safe_dump(value, default_style='"', width=10_000, allow_unicode=True).strip()


def _multi_label(seen: Seen) -> str:
    return "\n    multiLabel: true  # an example may be of any number of classes" if seen.multi_label else ""


def _fields(seen: Seen) -> str:
    """Return what the manifest says of the data set, a line for each choice."""
    lines = []
    if seen.target is not None:
        lines.append(f"target: {_quoted(seen.target)}  # the column to predict")
    if seen.columns:
        lines.append("columns:")
    for field, named in seen.columns.items():
        if isinstance(named, str):
            lines.append(f"  {field}: {_quoted(named)}")
        else:
            listed = ", ".join(map(_quoted, named))
            lines.append(f"  {field}: [{listed}]  # no network learns from them")
    if seen.image_size is not None:
        lines.append(f"image: {{size: {seen.image_size}}}  # to which all are scaled")
    if not seen.has_test:
        lines.append('testFraction: "0.2"  # examples that no candidate sees, for an honest number at the end')
    return "".join(f"\n      {line}" for line in lines)


def _name_of(data: Path) -> str:
    words = re.sub(r"[^a-z0-9]+", "-", data.resolve().name.lower().partition(".")[0])[:40].strip("-")
    return words or "search"
