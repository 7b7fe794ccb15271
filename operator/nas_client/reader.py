"""Reading a search and its trials with the user's kubeconfig."""

from __future__ import annotations

from typing import Any

from urllib3.exceptions import HTTPError

from kubernetes import client, config
from nas_client.search_state import Snapshot
from nas_core.api import GROUP, VERSION
from nas_core.records.names import SEARCH_UID_LABEL
from nas_core.records.objects import SearchView, TrialView

TIMEOUT_S = 10


class Unreachable(Exception):
    """The API server could not be asked; trying again may help."""


class Refused(Exception):
    """The API server answered no, or there is nothing to ask; the message says what to do."""


class Reader:
    """Reads the searches of one namespace."""

    def __init__(self, api: client.ApiClient, namespace: str) -> None:
        self._api = client.CustomObjectsApi(api)
        self.namespace = namespace

    @classmethod
    def connect(cls, kubeconfig: str | None, context: str | None, namespace: str | None) -> Reader:
        """Use the kubeconfig, its current context and that context's namespace, unless others are named.

        Raises:
            Refused: if there is no such kubeconfig or context.
        """
        configuration = client.Configuration()
        try:
            config.load_kube_config(kubeconfig, context, configuration)  # type: ignore[no-untyped-call]
            contexts, current = config.list_kube_config_contexts(kubeconfig)  # type: ignore[no-untyped-call]
        except config.ConfigException as error:
            raise Refused(f"{error} (give --kubeconfig and --context, or set KUBECONFIG)") from error
        chosen = next((c for c in contexts if c["name"] == context), current)
        configuration.retries = 0
        return cls(client.ApiClient(configuration), namespace or chosen["context"].get("namespace") or "default")

    def snapshot(self, name: str) -> Snapshot:
        """Read a search and its trials.

        Raises:
            Unreachable, Refused: if that cannot be done.
        """
        search = SearchView.of(self._ask(name, "get_namespaced_custom_object", plural="nassearches", name=name))
        answer = self._ask(
            name,
            "list_namespaced_custom_object",
            plural="nastrials",
            label_selector=f"{SEARCH_UID_LABEL}={search.meta.uid}",
        )
        trials = sorted((TrialView.of(item) for item in answer["items"]), key=lambda trial: trial.spec.index)
        return Snapshot(search, tuple(trials))

    def _ask(self, search: str, method: str, **arguments: Any) -> Any:
        try:
            return getattr(self._api, method)(
                group=GROUP, version=VERSION, namespace=self.namespace, _request_timeout=TIMEOUT_S, **arguments
            )
        except client.ApiException as error:
            if error.status == 404:
                where = f"there is no NASSearch {search!r} in namespace {self.namespace!r}"
                raise Refused(f"{where}; see: kubectl get nas --all-namespaces") from error
            if error.status in (429, 500, 502, 503, 504):
                raise Unreachable(f"{error.status} {error.reason}") from error
            raise Refused(f"the API server refused to show {search!r}: {error.status} {error.reason}") from error
        except (HTTPError, OSError) as error:
            raise Unreachable(str(error)) from error
