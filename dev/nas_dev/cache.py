"""A cache keyed by content: what was built from the same inputs is never built again.

An entry's directory is named after a hash of all that went into it. It is built in a directory beside it and renamed
when complete, so an interrupted build leaves nothing that looks finished, and a lock file makes a second process wait
for the first rather than build the same thing twice.
"""

import fcntl
import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from nas_dev.paths import cache_root

Input = str | bytes | Path | Sequence[str]
"""What an entry is made from: a literal, a list of literals, or a file or folder, which counts by its content."""


def digest(inputs: Sequence[Input]) -> str:
    """Return a short hash of the inputs; each is framed by its length, so no two lists of inputs collide."""
    total = hashlib.sha256()
    for value in inputs:
        if isinstance(value, Path):
            content = _content_of(value)
        elif isinstance(value, bytes):
            content = value
        else:
            content = json.dumps(value).encode()
        total.update(len(content).to_bytes(8, "big"))
        total.update(content)
    return total.hexdigest()[:12]


def _content_of(path: Path) -> bytes:
    """Return bytes that stand for a file or a folder: names, the executable bit and contents; never times."""
    if path.is_dir():
        files = sorted(p for p in path.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
        return b"".join(_content_of(file) + str(file.relative_to(path)).encode() for file in files)
    executable = b"x" if path.stat().st_mode & 0o100 else b"-"
    return executable + hashlib.sha256(path.read_bytes()).digest()


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on a file for the duration, waiting for whoever has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def entry_path(name: str, inputs: Sequence[Input]) -> Path:
    """Return where the entry of these inputs is, or will be."""
    return cache_root() / f"{name}-{digest(inputs)}"


def build_once(name: str, inputs: Sequence[Input], build: Callable[[Path], None]) -> Path:
    """Return the entry's directory, having called ``build(empty directory)`` only if it did not exist."""
    final = entry_path(name, inputs)
    if final.exists():
        return final
    with locked(final.with_suffix(".lock")):
        if final.exists():
            return final
        working = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=final.parent))
        try:
            working.chmod(0o755)
            build(working)
            working.rename(final)
        except BaseException:
            shutil.rmtree(working, ignore_errors=True)
            raise
    return final


def prune(name: str, keep: Path) -> None:
    """Remove the older entries of a name; used for entries that are large and have one current version."""
    for entry in cache_root().glob(f"{name}-" + "?" * 12):
        if entry != keep and entry.is_dir():
            shutil.rmtree(entry, ignore_errors=True)
            entry.with_suffix(".lock").unlink(missing_ok=True)
