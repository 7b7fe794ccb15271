"""What goes into an image: exactly the files that its Dockerfile copies, and nothing of the machine.

The files are staged into a directory of their own with fixed times and modes, so the same sources always make the
same layer, and a hash over them says whether an image has to be built at all. Only files that git knows or would add
count: caches, virtual environments and editors' files never reach an image, nor does what ``.dockerignore`` leaves out.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path


def instructions(dockerfile: str) -> Iterator[str]:
    """Yield a Dockerfile's instructions, each on one line, without comments."""
    # Comments go first: one between the lines of an instruction does not end it.
    joined = re.sub(r"\\\n", " ", re.sub(r"^\s*#.*\n", "", dockerfile, flags=re.MULTILINE))
    for line in joined.splitlines():
        if line.strip():
            yield line.strip()


def copied_sources(dockerfile: str) -> list[str]:
    """Return the paths in the context that a Dockerfile copies (or mounts for one instruction)."""
    sources: list[str] = []
    for line in instructions(dockerfile):
        word, *arguments = line.split()
        if word.upper() in {"COPY", "ADD"}:
            flags = [argument for argument in arguments if argument.startswith("--")]
            if any(flag.startswith("--from=") for flag in flags):
                continue
            paths = [argument for argument in arguments if argument not in flags]
            sources += paths[:-1]
        elif word.upper() == "RUN":
            for mount in re.findall(r"--mount=(\S+)", line):
                options = dict(option.partition("=")[::2] for option in mount.split(","))
                if options.get("type", "bind") == "bind" and "from" not in options:
                    sources.append(options.get("source") or options.get("src") or ".")
    return [source.removeprefix("./").rstrip("/") or "." for source in sources]


def files_of(context: Path, sources: Sequence[str]) -> list[str]:
    """Return the files in the context that the sources name, as git sees them."""
    argv = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listing = subprocess.run(argv, cwd=context, capture_output=True, text=True, check=True).stdout.split("\0")
    ignore = context / ".dockerignore"
    patterns = ignore_patterns(ignore.read_text()) if ignore.exists() else []
    chosen = {
        name
        for name in listing
        if name
        and (context / name).is_file()  # git also lists files that were just deleted
        and any(_covers(source, name) for source in sources)
        and not is_ignored(name, patterns)
    }
    return sorted(chosen)


def ignore_patterns(dockerignore: str) -> list[str]:
    """Return the patterns of a ``.dockerignore``, in order."""
    lines = (line.strip() for line in dockerignore.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def is_ignored(name: str, patterns: Sequence[str]) -> bool:
    """Whether a file is left out: the last pattern that matches it or a folder around it decides (``!``: it stays)."""
    paths = ["/".join(name.split("/")[:depth]) for depth in range(1, name.count("/") + 2)]
    ignored = False
    for pattern in patterns:
        expression = _expression(pattern.removeprefix("!").strip("/"))
        if any(expression.fullmatch(path) for path in paths):
            ignored = not pattern.startswith("!")
    return ignored


def _expression(pattern: str) -> re.Pattern[str]:
    """Return a pattern as a regular expression: ``*`` stays within a folder, ``**`` does not."""
    parts = re.split(r"(\*\*/?|\*|\?)", pattern)
    words = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(words.get(part, re.escape(part)) for part in parts))


def _covers(source: str, name: str) -> bool:
    """Whether a source (a file, a folder, a pattern) covers a file."""
    if source == "." or name == source or name.startswith(f"{source}/"):
        return True
    parts = len(Path(source).parts)
    return Path(*Path(name).parts[:parts]).match(source) if any(c in source for c in "*?[") else False


def stage(context: Path, files: Sequence[str], target: Path) -> None:
    """Copy the files with fixed times and modes, so that only names, contents and the executable bit count."""
    for name in files:
        copy = target / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(context / name, copy)
        copy.chmod(0o755 if os.access(context / name, os.X_OK) else 0o644)
    for directory, _, names in os.walk(target, topdown=False):
        for entry in (*(Path(directory) / name for name in names), Path(directory)):
            if entry.is_dir():
                entry.chmod(0o755)
            os.utime(entry, (0, 0))


def context_hash_inputs(context: Path, files: Sequence[str]) -> list[str | Path]:
    """Return what a hash over the staged files is made of."""
    inputs: list[str | Path] = []
    for name in files:
        inputs += [name, context / name]
    return inputs
