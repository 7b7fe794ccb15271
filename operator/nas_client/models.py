"""Reading and changing models with the user's kubeconfig. Every error comes out as a `ClientError`."""

from __future__ import annotations

from functools import partial

from nas_client.asking import ask, ask_for_all
from nas_client.errors import InvalidInput
from nas_client.reader import Reader
from nas_core.api import API_VERSION
from nas_core.api.model import NASModelSource, NASModelSpec
from nas_core.records.model import ModelView
from nas_core.records.names import model_object_name
from nas_core.records.trial import TrialView

NAME_LENGTH, VERSION_LENGTH = 40, 20


class Models:
    """The models of one namespace."""

    def __init__(self, reader: Reader) -> None:
        self._api, self.namespace = reader.objects, reader.namespace
        self._ask = partial(ask, self._api, self.namespace)

    def read(self, name: str) -> ModelView:
        """Return the model of a name.

        Raises:
            InvalidInput: if there is none.
        """
        return ModelView.of(self._ask("get", "nasmodel", name=name))

    def versions(self, name: str) -> list[ModelView]:
        """Return the models that share a name (`spec.name`), the oldest first."""
        return [view for view in self.called(name) if view.name == name]

    def called(self, name: str) -> list[ModelView]:
        """Return the models that have a name, as the object's or as that of their versions, the oldest first."""
        items = ask_for_all(self._api, self.namespace, "nasmodel")
        found = [view for view in map(ModelView.of, items) if name in (view.name, view.meta.name)]
        return sorted(found, key=lambda view: (view.created, view.meta.name))

    def promote(self, name: str, version: str) -> ModelView:
        """Make a version of a model the one in production; return it.

        Raises:
            InvalidInput: if there is no such version.
        """
        there = self.versions(name)
        model = next((view for view in there if view.spec.version == version), None)
        if model is None:
            known = ", ".join(view.spec.version for view in there) or "none"
            raise InvalidInput(
                f"model {name!r} has no version {version!r} in namespace {self.namespace!r}; it has: {known}"
            )
        body = {"spec": {"stage": "production"}}
        return ModelView.of(self._ask("patch", "nasmodel", name=model.meta.name, body=body))

    def export(self, trial: str, name: str | None, version: str | None, exports: list[str]) -> ModelView:
        """Create a model of a trial; return it.

        Raises:
            InvalidInput: if there is no such trial, it has no weights, or the API server does not take the model.
        """
        found = TrialView.of(self._ask("get", "nastrial", name=trial))
        if not (found.status.bundle or found.status.checkpoint):
            raise InvalidInput(f"trial {trial!r} has no weights (status.bundle, status.checkpoint); choose another one")
        search = found.meta.search or trial
        name = name or search[:NAME_LENGTH]
        # What tells the trial from others of its search: its index, or the epochs and the architecture.
        version = version or trial.removeprefix(f"{search}-")[:VERSION_LENGTH]
        try:
            source = NASModelSource(search=found.meta.search, trial=trial)
            spec = NASModelSpec(name=name, version=version, source=source, exports=exports)
        except ValueError as wrong:
            raise InvalidInput(f"{name} {version}: {wrong}") from wrong
        body = {
            "apiVersion": API_VERSION,
            "kind": "NASModel",
            "metadata": {"name": model_object_name(name, version)},
            "spec": spec.to_dict(),
        }
        return ModelView.of(self._ask("create", "nasmodel", body=body))
