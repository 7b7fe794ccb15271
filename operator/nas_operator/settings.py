"""What the operator is installed with, read once from the environment (the Helm chart writes it).

Read by hand: pydantic-settings would be one more package in the image for a dozen variables.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Self, TypeVar

from nas_core.api.base import parse_duration
from nas_operator.kube.job_kinds import NO_KINDS, Kinds, read_job_kinds
from nas_plan.tracking.default import TrackingDefault, read_default
from nas_storage.allowed_endpoints import AMAZON_S3, NONE, AllowedEndpoints
from nas_storage.faults import StorageFault

T = TypeVar("T")


class LeaseName(NamedTuple):
    """Which Lease."""

    namespace: str
    name: str

    @classmethod
    def of(cls, text: str) -> Self:
        """Read ``namespace/name``.

        Raises:
            ValueError: if it is not of that form.
        """
        namespace, slash, name = text.partition("/")
        if not (namespace and slash and name) or "/" in name:
            raise ValueError(f"{text!r} is not of the form namespace/name")
        return cls(namespace, name)

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True)
class Settings:
    """Installation settings; each field names its environment variable in :meth:`from_environment`."""

    namespaces: tuple[str, ...] = ()
    """Namespaces served; empty: all."""
    trial_image: str = "nas-trial:latest"
    """Image of trials whose search names none."""
    secret_names: tuple[str, ...] = ("nas-storage",)
    """Names of the Secrets that the operator may read."""
    scoped_storage: bool = False
    """Whether searches may have `storage.scoped`, for which the operator writes Secrets."""
    trial_secret_names: tuple[str, ...] = ()
    """Names of the Secrets that trials may use by `trialTemplate`, if their owners have labelled them."""
    trial_config_map_names: tuple[str, ...] = ()
    """The same of ConfigMaps."""
    allowed_endpoints: AllowedEndpoints = AMAZON_S3
    """S3 servers that the operator may contact for searches and models."""
    job_kinds: Kinds = field(default_factory=lambda: NO_KINDS)
    """Kinds that trials may run as beside Jobs."""
    tracking_endpoints: AllowedEndpoints = NONE
    """Servers for experiments that the operator may contact for searches."""
    tracking_secret_names: tuple[str, ...] = ("nas-tracking",)
    """Names of the Secrets that it may read for them."""
    tracking_default: TrackingDefault = field(default_factory=TrackingDefault)
    """What tracks searches without `spec.tracking`: only servers and Secrets of these two lists."""
    prometheus_url: str | None = None
    """Where the newest metrics are read; None: the pods are scraped directly."""
    metrics_interval: float = 5.0
    """Seconds between two looks at running trials and at the storage."""
    model_check_interval: float = 3600.0
    """Seconds between two looks at the files of a model in the bucket."""
    model_export_deadline: int = 21600
    """Seconds that the Job that makes a model may take, waits and all tries included."""
    model_signing_secret: str | None = None
    """Name of the Secret with the key that signs models, in the namespace of each; None: they are not signed."""
    priority_boost_after: tuple[float, ...] = ()
    """Seconds since its checkpoint, each of which makes a trial in a queue dearer to preempt; none: no boosts."""
    lease: LeaseName | None = None
    """The Lease whose holder works; None: no election, this operator works at once."""
    identity: str = ""
    """What the Lease calls this operator: its pod; empty: the host's name."""
    health_port: int = 8080
    """Port of ``/healthz``. The chart leaves both ports alone; several operators on one machine need their own."""
    metrics_port: int = 8000
    """Port of ``/metrics``."""
    metrics_authentication: bool = True
    """Whether ``/metrics`` is shown only to accounts that may read it."""
    metrics_per_search: bool = False
    """Whether ``/metrics`` names searches and has their best values, or has sums of each namespace only."""
    log_level: str = "INFO"
    """A level of `logging` by name."""
    log_format: str = "text"
    """``json``: one object a line; ``text``: for people."""
    workers: int = 8
    """Searches reconciled at the same time."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Read ``NAS_OPERATOR_*``.

        Raises:
            ValueError: if a number is none or too small, or something else cannot be read. The message names the
                variable.
        """

        def text(name: str, default: str) -> str:
            # Empty counts as unset: a chart writes a variable also when its value is left out.
            return environment.get(f"NAS_OPERATOR_{name}", "") or default

        def read(name: str, how: Callable[[str], T], value: str) -> T:
            try:
                return how(value)
            except ValueError as error:
                raise ValueError(f"NAS_OPERATOR_{name}: {error}") from None

        def names(name: str, default: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(part.strip() for part in text(name, ",".join(default)).split(",") if part.strip())

        def number(name: str, default: float) -> float:
            value = text(name, str(default))
            try:
                return float(value)
            except ValueError:
                raise ValueError(f"NAS_OPERATOR_{name}={value!r} is not a number") from None

        def at_least_one(name: str, default: int) -> int:
            value = number(name, default)
            # `not >=` where `<` would let NaN through, which `float` reads from "nan".
            if not value >= 1 or not value.is_integer():
                raise ValueError(f"NAS_OPERATOR_{name}={value:g}: give a whole number from 1")
            return int(value)

        def yes_or_no(name: str, default: bool) -> bool:
            value = text(name, str(default)).lower()
            if value not in ("true", "false"):
                raise ValueError(f"NAS_OPERATOR_{name}={value!r}: give true or false")
            return value == "true"

        def durations(name: str) -> tuple[float, ...]:
            found = tuple(read(name, parse_duration, part).total_seconds() for part in names(name, ()))
            if list(found) != sorted(set(found)) or 0.0 in found:
                raise ValueError(
                    f"NAS_OPERATOR_{name}={text(name, '')!r}: give durations that ascend, such as 5m,15m,1h"
                )
            return found

        def endpoints(name: str, default: AllowedEndpoints) -> AllowedEndpoints:
            # Unset is not empty here: a list without an entry allows no server.
            texts = environment.get(f"NAS_OPERATOR_{name}")
            return default if texts is None else read(name, _endpoints, texts)

        tracking_endpoints = endpoints("TRACKING_ENDPOINTS", cls.tracking_endpoints)
        tracking_secret_names = names("TRACKING_SECRET_NAMES", cls.tracking_secret_names)

        def tracking_default(given: str) -> TrackingDefault:
            default = read_default(given)
            _require_allowed(default, tracking_endpoints, tracking_secret_names)
            return default

        return cls(
            namespaces=names("NAMESPACES", cls.namespaces),
            trial_image=text("TRIAL_IMAGE", cls.trial_image),
            secret_names=names("SECRET_NAMES", cls.secret_names),
            scoped_storage=yes_or_no("SCOPED_STORAGE", cls.scoped_storage),
            trial_secret_names=names("TRIAL_SECRET_NAMES", cls.trial_secret_names),
            trial_config_map_names=names("TRIAL_CONFIG_MAP_NAMES", cls.trial_config_map_names),
            allowed_endpoints=endpoints("ALLOWED_ENDPOINTS", cls.allowed_endpoints),
            job_kinds=read("JOB_KINDS", read_job_kinds, text("JOB_KINDS", "{}")),
            tracking_endpoints=tracking_endpoints,
            tracking_secret_names=tracking_secret_names,
            tracking_default=read("TRACKING_DEFAULT", tracking_default, text("TRACKING_DEFAULT", "{}")),
            prometheus_url=text("PROMETHEUS_URL", "").rstrip("/") or None,
            metrics_interval=number("METRICS_INTERVAL", cls.metrics_interval),
            model_check_interval=number("MODEL_CHECK_INTERVAL", cls.model_check_interval),
            model_export_deadline=at_least_one("MODEL_EXPORT_DEADLINE", cls.model_export_deadline),
            model_signing_secret=text("MODEL_SIGNING_SECRET", "") or None,
            priority_boost_after=durations("PRIORITY_BOOST_AFTER"),
            lease=read("LEASE", LeaseName.of, lease) if (lease := text("LEASE", "")) else None,
            identity=text("IDENTITY", ""),
            health_port=at_least_one("HEALTH_PORT", cls.health_port),
            metrics_port=at_least_one("METRICS_PORT", cls.metrics_port),
            metrics_authentication=yes_or_no("METRICS_AUTHENTICATION", cls.metrics_authentication),
            metrics_per_search=yes_or_no("METRICS_PER_SEARCH", cls.metrics_per_search),
            log_level=text("LOG_LEVEL", cls.log_level).upper(),
            log_format=text("LOG_FORMAT", cls.log_format).lower(),
            workers=at_least_one("WORKERS", cls.workers),
        )


def _endpoints(texts: str) -> AllowedEndpoints:
    return AllowedEndpoints.of(part for part in texts.split(",") if part)


def _require_allowed(default: TrackingDefault, servers: AllowedEndpoints, secrets: tuple[str, ...]) -> None:
    """Return if the operator may use all that a default names.

    Raises:
        ValueError: naming the field and the list that lacks it.
    """
    for name, server in default.servers():
        try:
            servers.require(server.endpoint)
        except StorageFault:
            raise ValueError(
                f"{name}.endpoint: {server.endpoint!r} is not one of tracking.allowedEndpoints; add it there"
            ) from None
        if server.secret_ref and server.secret_ref.name not in secrets:
            raise ValueError(
                f"{name}.secretRef.name: {server.secret_ref.name!r} is not one of tracking.secretNames; add it there"
            )
