"""The objects of a search as YAML files: what the API server would keep. Everything is in memory too, and read once."""

from __future__ import annotations

import os
import tempfile
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from nas_core.api import API_VERSION
from nas_core.api.search_status import NASSearchStatus
from nas_core.api.trial import NASTrialSpec, NASTrialStatus
from nas_core.records.names import asked_hash
from nas_core.records.search import ReadableSearch, SearchView, read_search
from nas_core.records.trial import TrialView
from nas_core.records.trial_object import build_trial
from nas_local.errors import LocalRunError
from nas_local.home import BUCKET, Home

Json = dict[str, Any]
FILE_LIMIT = 16 << 20
"""Bytes of a record that are read."""
_HEAD = f"# Addresses s3://{BUCKET}/… are below the folder objects beside this file.\n"


class Records:
    """The NASSearch and the NASTrials of one folder."""

    def __init__(self, home: Home, search: Json, trials: Mapping[str, Json]) -> None:
        self._home, self._search, self._trials = home, search, dict(trials)
        self._views = {name: TrialView.of(raw) for name, raw in trials.items()}

    @classmethod
    def open(cls, home: Home, namespace: str, name: str, spec: Json) -> Records:
        """Read the records of a folder, or begin them, and let the search have a spec.

        Raises:
            LocalRunError: if the folder has another search, or one whose results would not fit the spec.
        """
        search = _read(home.search) if home.search.exists() else None
        if search is None:
            made = {"name": name, "namespace": namespace, "uid": str(uuid.uuid4()), "generation": 1}
            made |= {"creationTimestamp": _now(), "resourceVersion": "1"}
            search = {"apiVersion": API_VERSION, "kind": "NASSearch", "metadata": made, "spec": spec}
        elif (found := (search["metadata"]["namespace"], search["metadata"]["name"])) != (namespace, name):
            raise LocalRunError(f"{home.folder} has the search {found[0]}/{found[1]}; name another folder")
        elif search["spec"] != spec:
            if read_search(search).begun and asked_hash(search["spec"]) != asked_hash(spec):
                raise LocalRunError(
                    f"the search in {home.folder} has trials of another spec: what results depend on (task, "
                    "searchSpace, objectives, strategy, evaluation, …) cannot change; name another folder, or remove it"
                )
            search["spec"] = spec
            search["metadata"]["generation"] += 1
        records = cls(home, search, _trials(home))
        records._write(home.search, search)
        return records

    @classmethod
    def look(cls, home: Home) -> Records:
        """Read the records of a folder that somebody else may be running; nothing is written.

        Raises:
            LocalRunError: if there is no search in it, or a record cannot be read.
        """
        if not home.search.exists():
            raise LocalRunError(f"{home.folder} has no search (search.yaml); name a folder of nasctl run")
        return cls(home, _read(home.search), _trials(home))

    @property
    def search(self) -> SearchView:
        """The search as it is now."""
        return read_search(self._search)

    @property
    def trials(self) -> tuple[TrialView, ...]:
        """The trials, sorted by index."""
        return tuple(sorted(self._views.values(), key=lambda trial: trial.spec.index))

    def write_search(self, status: NASSearchStatus) -> None:
        """Write the status of the search."""
        self._search = self._search | {"status": status.to_dict()}
        self._write(self._home.search, self._search)

    def create(self, search: ReadableSearch, spec: NASTrialSpec) -> TrialView:
        """Record a trial; return it, or the one that is there by its name."""
        raw = build_trial(search.meta, spec, search.asked)
        name = raw["metadata"]["name"]
        if name not in self._trials:
            raw["metadata"] |= {"uid": str(uuid.uuid4()), "creationTimestamp": _now(), "resourceVersion": "1"}
            self._keep(raw)
        return self._views[name]

    def write_trial(self, trial: TrialView, status: NASTrialStatus) -> None:
        """Write the status of a trial."""
        raw = self._trials[trial.meta.name]
        version = str(int(raw["metadata"]["resourceVersion"]) + 1)
        self._keep(raw | {"metadata": raw["metadata"] | {"resourceVersion": version}, "status": status.to_dict()})

    def delete(self, trial: TrialView) -> None:
        """Delete a trial; none is no error."""
        self._trials.pop(trial.meta.name, None)
        self._views.pop(trial.meta.name, None)
        self._file(trial.meta.name).unlink(missing_ok=True)

    def _keep(self, raw: Json) -> None:
        name = raw["metadata"]["name"]
        # The file first: what is in memory must not be ahead of what a run after a kill would find.
        self._write(self._file(name), raw)
        self._trials[name], self._views[name] = raw, TrialView.of(raw)

    def _file(self, trial: str) -> Path:
        return self._home.trials / f"{trial}.yaml"

    def _write(self, path: Path, raw: Json) -> None:
        """Replace a file as a whole, so that a kill leaves the old one or the new one."""
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=".", dir=path.parent)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(_HEAD)
            yaml.dump(raw, file, Dumper=_DUMPER, sort_keys=False, allow_unicode=True, width=120)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)


# libyaml where PyYAML was built with it: ten times as fast.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def _read(path: Path) -> Json:
    with path.open(encoding="utf-8") as file:
        text = file.read(FILE_LIMIT + 1)
    try:
        if len(text) > FILE_LIMIT:
            raise ValueError(f"it has more than {FILE_LIMIT:,} characters")
        raw = yaml.load(text, _LOADER)  # noqa: S506 - a safe loader
        if not isinstance(raw, dict) or "metadata" not in raw:
            raise ValueError("it is no Kubernetes object")
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise LocalRunError(f"{path} cannot be read: {error}; repair it, or remove the folder") from error
    return raw


def _trials(home: Home) -> dict[str, Json]:
    return {raw["metadata"]["name"]: raw for path in home.trials.glob("*.yaml") for raw in [_read(path)]}


def _now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
