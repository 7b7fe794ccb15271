"""A search that is there: on a cluster, or in the folder where it was run. Reads it anew at each question."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # what a method needs is loaded when it is called
    import pandas

    from nas.best import Best
    from nas_client.search_state import SearchState
    from nas_client.searches import Searches
    from nas_core.api.search_status import NASSearchStatus


@dataclass(frozen=True)
class AttachedSearch:
    """A search by its name and where it is."""

    name: str
    where: str
    """Namespace, or folder."""
    read: Callable[[str], SearchState]
    """Reads the search and its trials by its name."""
    locate: Callable[[str], str]
    """Turns the address of an object into what loads it."""
    searches: Searches | None = None
    """What changes it; None in a folder."""

    def __repr__(self) -> str:
        return f"<search {self.name!r} in {self.where}>"

    @property
    def state(self) -> SearchState:
        """The search and its trials, as they are now.

        Raises:
            ClientError: if they cannot be read.
        """
        return self.read(self.name)

    @property
    def status(self) -> NASSearchStatus:
        """Its status, as it is now."""
        return self.state.status

    def watch(self) -> AttachedSearch:
        """Print what happens until it has ended; return it.

        Raises:
            ClientError: if it cannot be read.
        """
        from nas_client.cli.follow import LineDisplay, follow

        follow(self, self.name, LineDisplay(lambda line: print(line, file=sys.stdout)))  # noqa: T201
        return self

    def trials(self) -> pandas.DataFrame:
        """Return a row for each candidate: trial, state, metrics, hyperparameters, cost, architecture.

        Raises:
            ExtraMissing: if pandas is not installed.
        """
        from nas.frames import trials_frame

        return trials_frame(self.state)

    def best(self) -> Best:
        """Return the best: of those that were trained again in full if there are any, else of the search.

        Raises:
            InvalidInput: if no trial has succeeded yet.
        """
        from nas_client.errors import InvalidInput

        found = self.all_best()
        if not found:
            raise InvalidInput(f"no trial of {self.name!r} has succeeded yet; see status.conditions")
        return found[0]

    def all_best(self) -> list[Best]:
        """Return the best architecture, or the Pareto front: of those trained again in full if there are any."""
        from nas.best import Best

        status = self.status
        return [Best(entry, self.locate) for entry in (status.retrained or status.best)]

    def compare(self, other: AttachedSearch) -> pandas.DataFrame:
        """Return what tells two searches apart: settings, best, cost, rank correlation; a column for each.

        Raises:
            ExtraMissing: if pandas is not installed.
        """
        from nas.frames import comparison_frame

        return comparison_frame(self.state, other.state)

    def report(self, path: str | Path) -> Path:
        """Write the report (docs/report.md); return where it is.

        Raises:
            ExtraMissing: if the extra `report` is not installed.
            InvalidInput: if the file cannot be written.
        """
        from nas_client.reporting import write_report

        file = Path(path)
        write_report(self.state, file)
        return file

    def suspend(self) -> None:
        """Hold it: its trials write checkpoints and end.

        Raises:
            InvalidInput: if it is in a folder, or the API server does not take the change.
        """
        self._change({"suspend": True})

    def resume(self) -> None:
        """Let it go on; errors are those of :meth:`suspend`."""
        self._change({"suspend": None})

    def prefer(self, better: int | str, worse: int | str) -> None:
        """Say which of two candidates is better (docs/guidance.md#comparisons).

        Args:
            better: its index, or the name of its trial.
            worse: likewise of the other one.

        Raises:
            InvalidInput: if one has no result, the search is in a folder, or the API server does not take the change.
        """
        from nas_client.preferring import index_of, with_comparison

        state = self.state
        said = with_comparison(state, index_of(state, str(better)), index_of(state, str(worse)))
        self._change({"guidance": {"comparisons": [one.to_dict() for one in said]}})

    def _change(self, spec: dict[str, object]) -> None:
        from nas_client.errors import InvalidInput

        if self.searches is None:
            raise InvalidInput(f"the search in {self.where} is of this machine: run() lets it go on, Ctrl-C stops it")
        self.searches.change(self.name, spec)


def attach(
    name: str, namespace: str | None = None, *, context: str | None = None, kubeconfig: str | None = None
) -> AttachedSearch:
    """Return a search of a cluster; it is read when it is asked something.

    Raises:
        KubeconfigInvalid: if there is no such kubeconfig or context.
    """
    from nas_client.reader import Reader
    from nas_client.searches import Searches

    reader = Reader.connect(kubeconfig, context, namespace)
    return AttachedSearch(name, f"namespace {reader.namespace!r}", reader.read, lambda at: at, Searches(reader))


def open_folder(folder: str | Path) -> AttachedSearch:
    """Return the search of a folder that `nasctl run` or :meth:`nas.Search.run` has made.

    Raises:
        InvalidInput: if there is none in it.
    """
    from nas_client.folder import folder_state, path_in

    home = Path(folder).expanduser().absolute()
    name = folder_state(home).search.meta.name
    return AttachedSearch(name, str(home), lambda _: folder_state(home), lambda at: str(path_in(home, at)))
