"""Reading a search and its trials with the user's kubeconfig. Every error comes out as a `ClientError`."""

from __future__ import annotations

from typing import Any

from kubernetes import client, config
from nas_client.asking import TIMEOUT_S, ask, ask_for_all, explained
from nas_client.errors import InvalidInput, KubeconfigInvalid, SearchNotFound
from nas_client.search_state import SearchState
from nas_core.api import GROUP, VERSION
from nas_core.records.names import SEARCH_LABEL, SEARCH_UID_LABEL
from nas_core.records.objects import Meta, TrialView, read_search


class Reader:
    """Reads the searches of one namespace."""

    def __init__(self, api: client.ApiClient, namespace: str) -> None:
        self.objects = client.CustomObjectsApi(api)
        self.namespace = namespace

    @classmethod
    def connect(cls, kubeconfig: str | None, context: str | None, namespace: str | None) -> Reader:
        """Use the kubeconfig, its current context and that context's namespace, unless others are named.

        Raises:
            KubeconfigInvalid: if there is no such kubeconfig or context.
        """
        configuration = client.Configuration()
        try:
            config.load_kube_config(kubeconfig, context, configuration)  # type: ignore[no-untyped-call]
            contexts, current = config.list_kube_config_contexts(kubeconfig)  # type: ignore[no-untyped-call]
        except config.ConfigException as error:
            raise KubeconfigInvalid(f"{error} (give --kubeconfig and --context, or set KUBECONFIG)") from error
        chosen = next((c for c in contexts if c["name"] == context), current)
        # urllib3 would try three times more, each as long as the timeout; `follow` tries again by itself.
        configuration.retries = 0
        return cls(client.ApiClient(configuration), namespace or chosen["context"].get("namespace") or "default")

    def read(self, name: str) -> SearchState:
        """Read a search and its trials.

        Raises:
            ApiUnreachable, SearchUnreadable, SearchNotFound: if that cannot be done.
        """
        search = read_search(self._search(name))
        # By uid: a search that was deleted and made again has the same name, but other trials.
        of_search = f"{SEARCH_UID_LABEL}={search.meta.uid}"
        items = ask_for_all(self.objects, self.namespace, "nastrial", label_selector=of_search)
        trials = sorted((TrialView.of(item) for item in items), key=lambda trial: trial.spec.index)
        return SearchState(search, tuple(trials))

    def search_of(self, trial: str) -> str:
        """Return the name of a trial's search.

        Raises:
            ApiUnreachable, SearchUnreadable, InvalidInput: if that cannot be done.
        """
        search = Meta.of(ask(self.objects, self.namespace, "get", "nastrial", name=trial)).search
        if search is None:
            raise InvalidInput(f"nastrial {trial!r} is of no search (label {SEARCH_LABEL}); name another one")
        return search

    def _search(self, name: str) -> Any:
        where = f"there is no NASSearch {name!r} in namespace {self.namespace!r}"
        missing = SearchNotFound(f"{where}; see: kubectl get nas --all-namespaces")
        with explained(repr(name), missing):
            return self.objects.get_namespaced_custom_object(
                GROUP, VERSION, self.namespace, "nassearches", name, _request_timeout=TIMEOUT_S
            )
