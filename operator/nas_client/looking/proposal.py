"""The manifest of a search of data that were looked at, as text, with a comment for each choice. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass

import yaml

from nas_client.looking.seen import TEST_FRACTION, Seen
from nas_core.api import GROUP, VERSION
from nas_core.api.storage import BucketAddress

RETRAIN_EXAMPLES, RETRAIN_EPOCHS = 50_000, (10, 100)
"""How many examples a retraining sees in all, and its least and most epochs."""
RESULTS = "nas"
"""Prefix below which a search keeps its results in the bucket of its data."""


@dataclass(frozen=True)
class Volume:
    """Data of this machine, which are in a volume on a cluster: a file in it, or all of it."""

    file: str | None


@dataclass(frozen=True)
class Uri:
    """Data in a bucket."""

    uri: str
    address: BucketAddress


def manifest_of(name: str, task: str, seen: Seen, source: Volume | Uri, time: str, trials: int) -> str:
    """Return the manifest."""
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
    dataset:{_lines(_place(source) + _fields(seen), 6)}
  # The best architecture is trained once more, in full: that is the model.
  retrain:
    top: 1
    epochs: {epochs}  # the fewer examples, the more often each is seen
  budget:
    maxTrials: {trials}  # architectures that are tried
    maxDuration: {time}  # then the search ends with the best so far{_lines(_storage(source), 2)}
"""


def _place(source: Volume | Uri) -> list[str]:
    if isinstance(source, Uri):
        return [f"uri: {_quoted(source.uri)}  # on the server of spec.storage"]
    return [
        "# On a cluster: a PersistentVolumeClaim with the data. On this machine: nasctl run --data data=FOLDER.",
        "volume:",
        "  claimName: data",
        *([] if source.file is None else [f"  path: {_quoted(source.file)}"]),
    ]


def _fields(seen: Seen) -> list[str]:
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
            lines.append(f"  {field}: [{', '.join(map(_quoted, named))}]  # no network learns from them")
    if seen.image_size is not None:
        lines.append(f"image: {{size: {seen.image_size}}}  # to which all are scaled")
    if not seen.has_test:
        lines.append(
            f'testFraction: "{TEST_FRACTION}"  # examples that no candidate sees, for an honest number at the end'
        )
    return lines


def _storage(source: Volume | Uri) -> list[str]:
    if isinstance(source, Volume):
        return []
    address = source.address
    lines = [
        "# Results are kept in the bucket of the data. The Secret with its key is in the search's namespace.",
        "storage:",
        f"  bucket: {_quoted(address.bucket)}",
        f"  prefix: {RESULTS}",
    ]
    if address.endpoint is not None:
        lines.append(f"  endpoint: {_quoted(address.endpoint)}  # as pods see the server")
    return [*lines, f"  region: {_quoted(address.region)}", "  secretRef: {name: nas-storage}"]


def _multi_label(seen: Seen) -> str:
    return "\n    multiLabel: true  # an example may be of any number of classes" if seen.multi_label else ""


def _lines(lines: list[str], indent: int) -> str:
    return "".join(f"\n{' ' * indent}{line}" for line in lines)


def _quoted(value: str) -> str:
    return yaml.safe_dump(value, default_style='"', width=math.inf, allow_unicode=True).strip()
