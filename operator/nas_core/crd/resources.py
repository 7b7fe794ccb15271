"""The kinds of the API group, and what ``kubectl get`` shows of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from nas_core.api import GROUP
from nas_core.api.base import ApiModel
from nas_core.api.model import NASModel
from nas_core.api.policy import NASPolicy
from nas_core.api.search import NASSearch
from nas_core.api.space import NASSearchSpace
from nas_core.api.trial import NASTrial

Json = dict[str, Any]


@dataclass(frozen=True)
class Column:
    """A column of ``kubectl get``; those of priority 1 are shown with ``-o wide``."""

    name: str
    json_path: str
    type: Literal["string", "integer", "date"] = "string"
    priority: int = 0

    def to_dict(self) -> Json:
        """Return the form of a CRD's ``additionalPrinterColumns``.

        The API server drops a priority of 0, and ``kubectl apply`` would add it again each time.
        """
        column: Json = {"name": self.name, "type": self.type, "jsonPath": self.json_path}
        return column | ({"priority": self.priority} if self.priority else {})


@dataclass(frozen=True)
class Resource:
    """A kind of the API group: its names and what ``kubectl get`` shows of it."""

    model: type[ApiModel]
    plural: str
    short_name: str
    columns: tuple[Column, ...]
    scope: Literal["Namespaced", "Cluster"] = "Namespaced"

    @property
    def kind(self) -> str:
        """The kind, which is the model's name."""
        return self.model.__name__

    @property
    def name(self) -> str:
        """Name of its CustomResourceDefinition."""
        return f"{self.plural}.{GROUP}"


# The reason of Progressing sums the object up (`ConditionType.PROGRESSING`).
_STATUS = Column("Status", '.status.conditions[?(@.type=="Progressing")].reason')
_AGE = Column("Age", ".metadata.creationTimestamp", "date")

RESOURCES = (
    Resource(
        NASSearchSpace,
        plural="nassearchspaces",
        short_name="nasspace",
        columns=(
            Column("Space", ".spec.name"),
            Column("Accepted", '.status.conditions[?(@.type=="Accepted")].status'),
            Column("Size", ".status.size"),
            Column("Message", '.status.conditions[?(@.type=="Accepted")].message', priority=1),
            _AGE,
        ),
    ),
    Resource(
        NASSearch,
        plural="nassearches",
        short_name="nas",
        columns=(
            _STATUS,
            Column("Progress", ".status.progress"),
            Column("Best", ".status.bestValue"),
            Column("Objective", ".status.plan.objective"),
            Column("Running", ".status.trials.running", "integer"),
            Column("Failed", ".status.trials.failed", "integer", priority=1),
            Column("Hypervolume", ".status.hypervolume", priority=1),
            Column("Strategy", ".status.plan.strategy", priority=1),
            Column("Architecture", ".status.best[0].architecture", priority=1),
            _AGE,
        ),
    ),
    Resource(
        NASTrial,
        plural="nastrials",
        short_name="nast",
        columns=(
            # JSONPath parts names at dots, so one inside a name has a backslash.
            Column("Search", r".metadata.labels['nas-operator\.io/search']"),
            Column("Index", ".spec.index", "integer"),
            _STATUS,
            Column("Objective", ".status.objective"),
            Column("Epoch", ".status.epoch", "integer"),
            Column("Origin", ".spec.candidates[0].origin", priority=1),
            Column("Architecture", ".spec.candidates[0].text", priority=1),
            _AGE,
        ),
    ),
    Resource(
        NASModel,
        plural="nasmodels",
        short_name="nasm",
        columns=(
            Column("Model", ".status.name"),
            Column("Version", ".spec.version"),
            Column("Stage", ".spec.stage"),
            Column("Ready", '.status.conditions[?(@.type=="Ready")].status'),
            Column("Reason", '.status.conditions[?(@.type=="Ready")].reason'),
            Column("Metrics", ".status.objective"),
            Column("Intact", '.status.conditions[?(@.type=="StorageIntact")].status', priority=1),
            Column("Address", ".status.address", priority=1),
            _AGE,
        ),
    ),
    Resource(
        NASPolicy,
        plural="naspolicies",
        short_name="nasp",
        columns=(
            Column("Namespaces", ".status.matched", "integer"),
            Column("Trials", ".status.trials", "integer"),
            Column("Max trials", ".spec.maxParallelTrials", "integer"),
            Column("GPUs", ".status.gpus", "integer"),
            Column("Max GPUs", ".spec.maxGPUs", "integer"),
            Column("GPU-hours", ".status.gpuHours"),
            Column("Max a month", ".spec.maxGPUHoursPerMonth"),
            _AGE,
        ),
        scope="Cluster",
    ),
)
