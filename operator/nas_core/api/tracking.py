"""`spec.tracking` of a search: servers for experiments that get a copy of its record; and how far that has come."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from nas_core.api.base import ApiModel, k8s
from nas_core.api.storage import Endpoint
from nas_core.api.types import LocalObjectReference

EXPERIMENT_LENGTH, MOST_MODELS = 256, 64

ExperimentName = Annotated[
    str,
    Field(
        max_length=EXPERIMENT_LENGTH,
        # MLflow takes more, but what is at the edges of a name, or cannot be seen, only makes two of one.
        pattern=r"^[A-Za-z0-9_]([A-Za-z0-9_./: -]*[A-Za-z0-9_])?$",
        json_schema_extra=k8s(
            must="an experiment's name: letters, digits and '_', between them also spaces and '.', '/', ':', '-'"
        ),
    ),
]


class TrackingServer(ApiModel):
    """What all servers have in common."""

    endpoint: Endpoint = Field(description="URL of the server, one that the operator may contact.")
    secret_ref: LocalObjectReference | None = Field(
        default=None,
        description=(
            "Secret with the key token, or with username and password, labelled nas-operator.io/use=tracking. Its name "
            "is one that the operator was installed with."
        ),
    )


class MlflowTracking(TrackingServer):
    """An MLflow tracking server, by its REST API."""

    experiment: ExperimentName | None = Field(default=None, description="The experiment; default: <namespace>/<name>.")


class CloudEventsTracking(TrackingServer):
    """A receiver of CloudEvents 1.0, structured, by HTTP POST."""


class Tracking(ApiModel):
    """Where the search is shown besides. No trial waits for it; see the condition Tracked."""

    mlflow: MlflowTracking | None = Field(
        default=None,
        description="A run of the search, below it one of each candidate; a version of each model.",
    )

    cloud_events: CloudEventsTracking | None = Field(
        default=None, description="An event when the search starts, finds a better value, ends, and has made a model."
    )


class ServerStatus(ApiModel):
    """What a server has of the search."""

    endpoint: str = Field(max_length=512, description="URL of the server.")


class MlflowStatus(ServerStatus):
    """What an MLflow server has of the search."""

    experiment_id: str = Field(max_length=64, description="ID of the experiment.")
    run_id: str = Field(max_length=64, description="ID of the search's run.")
    candidates: int = Field(default=0, ge=0, description="Ended candidates that have their run.")
    models: list[Annotated[str, Field(max_length=64)]] = Field(
        default=[], max_length=MOST_MODELS, description="UIDs of the NASModels that have their version."
    )
    ended: datetime | None = Field(
        default=None, description="The completionTime of the search when its run was ended; absent: it is open."
    )


class CloudEventsStatus(ServerStatus):
    """What a receiver of events has taken."""

    started: bool = Field(default=False, description="That the search has started.")
    sequence: int = Field(default=0, ge=0, description="Number of the newest result that was reported as a better one.")
    ended: datetime | None = Field(default=None, description="The completionTime of the search with which it ended.")
    models: list[Annotated[str, Field(max_length=253)]] = Field(
        default=[], max_length=MOST_MODELS, description="The models that it has made."
    )


class TrackingStatus(ApiModel):
    """How far the tracking of the search has come."""

    mlflow: MlflowStatus | None = Field(default=None, description="At the MLflow server of spec.tracking.")
    cloud_events: CloudEventsStatus | None = Field(default=None, description="At the receiver of events.")
