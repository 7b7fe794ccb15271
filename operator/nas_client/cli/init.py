"""``nasctl init DATA``: looks at data (`nas_client.looking`) and writes a manifest; exit code 0 if it was written.

It names only what the data cannot tell later: task, target, budget. Space, metric, optimiser and epochs are chosen from
the prepared data when the search begins (`status.plan`), by the same rules on a cluster and on this machine.
"""

from __future__ import annotations

import os
import posixpath
import re
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, get_args

import typer

from nas_client.errors import InvalidInput
from nas_client.looking import (
    Choose,
    Seen,
    Uri,
    Volume,
    address_of,
    in_bucket,
    is_address,
    local,
    look,
    manifest_of,
    open_bucket,
)
from nas_client.looking.cost import reckon
from nas_core.api.base import DURATION_PATTERN, parse_duration
from nas_core.api.task import Task

INTERRUPTED = "stopped; nothing was written"
TASKS: tuple[str, ...] = get_args(Task.model_fields["type"].annotation)
NAME = "[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?"


def command(
    data: Annotated[
        str,
        typer.Argument(help="A table, an .npz file, or a folder or archive of images or sounds; also s3://bucket/key."),
    ],
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
    seen, source = _looked_at(data, partial(_target, target, asks))
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
    reckoned = reckon(seen, kind, parse_duration(time))
    typer.echo(f"  {reckoned.words} in {time}")
    text = manifest_of(name, kind, seen, source, time, reckoned.trials)
    if out.exists() and not (asks and typer.confirm(f"{out} is there already. Overwrite it?", default=False)):
        raise InvalidInput(f"{out} is there already; give another file with --out, or remove it")
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InvalidInput(f"--out {out}: {error.strerror or error}") from error
    typer.echo(f"{out} is written. Next:\n  nasctl validate {out}\n  {_then(data, source, out)}")
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


def _looked_at(data: str, choose: Choose) -> tuple[Seen, Volume | Uri]:
    if is_address(data):
        address, key = address_of(data, os.environ)
        return look(in_bucket(open_bucket(address), data, key), choose), Uri(data, address)
    path = Path(data)
    return look(local(path), choose), Volume(None if path.is_dir() else path.name)


def _then(data: str, source: Volume | Uri, out: Path) -> str:
    if isinstance(source, Uri):
        return f"nasctl submit {out}"
    return f"nasctl run {out} --data data={data if source.file is None else Path(data).parent}"


def _name_of(data: str) -> str:
    last = posixpath.basename(data.rstrip("/")) if is_address(data) else Path(data).resolve().name
    words = re.sub(r"[^a-z0-9]+", "-", last.lower().partition(".")[0])[:40].strip("-")
    return words or "search"
