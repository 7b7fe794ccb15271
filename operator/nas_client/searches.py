"""Listing and changing searches with the user's kubeconfig. Every error comes out as a `ClientError`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from nas_client.asking import ask, ask_for_all
from nas_client.errors import InvalidInput
from nas_client.reader import Reader
from nas_client.search_state import SearchState
from nas_core.records.search import read_search

FIELD_MANAGER = "nasctl"
"""Whose the fields are that `submit` writes (server-side apply, KEP-555)."""
KINDS = ("NASSearch", "NASSearchSpace", "NASModel")
"""What may be submitted."""
MERGE, _APPLY = "application/merge-patch+json", "application/apply-patch+yaml"


class Searches:
    """The searches of one namespace."""

    def __init__(self, reader: Reader) -> None:
        self._api, self.namespace = reader.objects, reader.namespace
        self._ask = partial(ask, self._api, self.namespace)

    def all(self) -> Iterator[SearchState]:
        """Yield all searches, without their trials, as the API server lists them."""
        for item in ask_for_all(self._api, self.namespace, "nassearch"):
            yield SearchState(read_search(item))

    def get(self, name: str) -> Mapping[str, Any]:
        """Return a search as the API server has it.

        Raises:
            InvalidInput: if there is none.
        """
        found: Mapping[str, Any] = self._ask("get", "nassearch", name=name)
        return found

    def with_defaults(self, manifest: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return a search as the API server would make it; nothing is made.

        Raises:
            InvalidInput: if the API server does not take it, in its own words; also if there is one of its name.
        """
        made: Mapping[str, Any] = self._ask("create", "nassearch", body=dict(manifest), dry_run="All")
        return made

    def change(self, name: str, spec: Mapping[str, Any]) -> None:
        """Change fields of a spec; None removes one.

        Raises:
            InvalidInput: if there is no such search, or the API server does not take the change: in its own words.
        """
        self._ask("patch", "nassearch", name=name, body={"spec": dict(spec)}, _content_type=MERGE)

    def delete_trial(self, name: str) -> None:
        """Delete the record of a trial.

        Raises:
            InvalidInput: if there is no such trial.
        """
        self._ask("delete", "nastrial", name=name)

    def submit(self, manifest: Mapping[str, Any]) -> str:
        """Apply an object; return how it is called, ``nassearch/digits``.

        Raises:
            InvalidInput: if it is none of ours, or the API server does not take it: in its own words.
        """
        kind, name = manifest["kind"], (manifest.get("metadata") or {}).get("name")
        if kind not in KINDS or not isinstance(name, str):
            raise InvalidInput(
                f"{kind} {name or '(without metadata.name)'}: write one of {', '.join(KINDS)} with a name"
            )
        given = (manifest["metadata"].get("namespace") or self.namespace, self.namespace)
        if given[0] != given[1]:
            raise InvalidInput(f"{kind} {name} is for namespace {given[0]!r}; use --namespace {given[0]}")
        self._ask(
            "patch",
            kind.lower(),
            name=name,
            body=dict(manifest),
            field_manager=FIELD_MANAGER,
            force=False,
            _content_type=_APPLY,
        )
        return f"{kind.lower()}/{name}"
