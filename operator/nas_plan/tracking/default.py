"""The platform's default of `spec.tracking`: what the chart says of searches that say nothing themselves.

A search that has the field, empty or not, decides for itself. The default names a Secret by its name only, so what is
sent is of the search's own namespace: there is no token of the platform that a user could have sent anywhere.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError

from nas_core.api.base import ApiModel, api_name
from nas_core.api.tracking import CloudEventsTracking, ExperimentName, MlflowTracking, Tracking, TrackingServer
from nas_core.records.search import ReadableSearch

_PATTERN_LENGTH = 128
"""With the longest namespace and name in it, what comes of it is still a name."""
_EXPERIMENT = TypeAdapter[str](ExperimentName)


class _DefaultMlflow(TrackingServer):
    """MLflow as the chart has it: the experiment may have ``{namespace}`` and ``{name}`` of the search in it."""

    model_config = TrackingServer.model_config | {"extra": "forbid"}

    experiment: Annotated[str, Field(max_length=_PATTERN_LENGTH)] | None = None


class _DefaultCloudEvents(CloudEventsTracking):
    """A receiver of events as the chart has it."""

    model_config = TrackingServer.model_config | {"extra": "forbid"}


class TrackingDefault(ApiModel):
    """What searches without `spec.tracking` are tracked by."""

    model_config = ApiModel.model_config | {"extra": "forbid"}

    mlflow: _DefaultMlflow | None = None
    cloud_events: _DefaultCloudEvents | None = None

    def servers(self) -> Iterator[tuple[str, TrackingServer]]:
        """Yield the servers by their fields, as the API names them."""
        found = {"mlflow": self.mlflow, "cloud_events": self.cloud_events}
        yield from ((api_name(field), server) for field, server in found.items() if server)

    def of(self, search: ReadableSearch) -> Tracking | None:
        """Return what a search without `spec.tracking` is tracked by, None if by nothing."""
        if not any(self.servers()):
            return None
        mlflow = None
        if given := self.mlflow:
            experiment = _filled(given.experiment, *search.meta.key) if given.experiment else None
            mlflow = MlflowTracking(endpoint=given.endpoint, secret_ref=given.secret_ref, experiment=experiment)
        return Tracking(mlflow=mlflow, cloud_events=self.cloud_events)

    def keeps(self, secret: str, endpoint: str) -> bool:
        """Whether a Secret is kept from a server: it is one of the default's, and the server is another one.

        The platform may have put such a Secret into each namespace, where its users may not read it. Nor may they have
        it sent to a server of their own choice.
        """
        of_its = {
            server.endpoint for _, server in self.servers() if server.secret_ref and server.secret_ref.name == secret
        }
        return bool(of_its) and endpoint not in of_its


def read_default(text: str) -> TrackingDefault:
    """Read the default as the chart writes it, a JSON object.

    Raises:
        ValueError: if it is none, or one of its fields is wrong; the message says which, and why.
    """
    try:
        default = TrackingDefault.model_validate(json.loads(text))
    except ValidationError as error:
        first = error.errors()[0]
        raise ValueError(f"{'.'.join(map(str, first['loc'])) or 'default'}: {first['msg']}") from None
    if default.mlflow and (pattern := default.mlflow.experiment):
        try:
            _EXPERIMENT.validate_python(_filled(pattern, "a", "a"))
        except ValidationError:
            raise ValueError(
                f"mlflow.experiment: {pattern!r} is no experiment's name: give letters, digits and '_', between them "
                "also spaces and '.', '/', ':', '-'; {namespace} and {name} stand for those of the search"
            ) from None
    return default


def _filled(pattern: str, namespace: str, name: str) -> str:
    return pattern.replace("{namespace}", namespace).replace("{name}", name)
