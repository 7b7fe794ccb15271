"""Reading a search and its trials with the user's kubeconfig. Every error comes out as a `ClientError`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kubernetes import client, config
from nas_client.asking import TIMEOUT_S, ask, ask_for_all, explained
from nas_client.errors import InvalidInput, KubeconfigInvalid, SearchNotFound
from nas_client.search_state import SearchState
from nas_core.api import GROUP, VERSION
from nas_core.records.metadata import Meta
from nas_core.records.names import SEARCH_LABEL, SEARCH_UID_LABEL
from nas_core.records.search import SearchView, read_search
from nas_core.records.trial import TrialView

if TYPE_CHECKING:
    from nas_client.ledger import Ledgers


class Reader:
    """Reads the searches of one namespace."""

    def __init__(self, api: client.ApiClient, namespace: str) -> None:
        self.objects = client.CustomObjectsApi(api)
        self._ledgers: Ledgers | None = None
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
        """Read a search and its trials, those in its ledger too.

        Raises:
            ApiUnreachable, SearchUnreadable, SearchNotFound: if that cannot be done.
        """
        search = read_search(self._search(name))
        # By uid: a search that was deleted and made again has the same name, but other trials.
        of_search = f"{SEARCH_UID_LABEL}={search.meta.uid}"
        items = ask_for_all(self.objects, self.namespace, "nastrial", label_selector=of_search)
        found = {trial.meta.name: trial for trial in map(TrialView.of, items)}
        missing = ""
        try:
            found |= {trial.meta.name: trial for trial in self._in_ledger(search)}
        except InvalidInput as error:
            # The search itself, and its newest trials, are still worth showing.
            missing = str(error)
        return SearchState(search, tuple(sorted(found.values(), key=lambda trial: trial.spec.index)), missing)

    def _in_ledger(self, search: SearchView) -> tuple[TrialView, ...]:
        """Return the trials of a search's ledger if objects of them may have been deleted."""
        ledger, storage = search.status.ledger, search.storage
        if ledger is None or storage is None or ledger.trials <= storage.trial_history:
            return ()
        # Here: most who look at searches do not wait for what a bucket needs.
        from nas_client.ledger import Ledgers

        self._ledgers = self._ledgers or Ledgers()
        return self._ledgers.trials(search)

    def search_of(self, trial: str) -> str:
        """Return the name of a trial's search.

        Raises:
            ApiUnreachable, SearchUnreadable, InvalidInput: if that cannot be done.
        """
        try:
            search = Meta.of(ask(self.objects, self.namespace, "get", "nastrial", name=trial)).search
        except InvalidInput:
            # Its object may have been deleted, as the ledger of its search has it: the name says of which search.
            found = ask_for_all(self.objects, self.namespace, "nassearch")
            names = (raw["metadata"]["name"] for raw in found if raw.get("status", {}).get("ledger"))
            search = max((name for name in names if trial.startswith(f"{name}-")), key=len, default=None)
            if search is None:
                raise
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
