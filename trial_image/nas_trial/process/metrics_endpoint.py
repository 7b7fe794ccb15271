"""The container's ``/metrics``: the newest value of every metric, for Prometheus or the operator to scrape."""

from __future__ import annotations

import os

from prometheus_client import CollectorRegistry, Gauge, start_http_server

from nas_core.contract import METRIC_FAMILY, METRICS_ADDRESS_ENV, METRICS_EVENT, METRICS_PORT, Identity
from nas_trial.process.log import log


class MetricsEndpoint:
    """A gauge family with one series a metric."""

    def __init__(self, identity: Identity) -> None:
        # Not the default one, which adds metrics of the Python process to the trial's.
        self._registry = CollectorRegistry()
        labels = ["nas_search_uid", "nas_trial", "nas_attempt", "metric"]
        self._gauge = Gauge(METRIC_FAMILY, "Newest value of a trial's metric.", labels, registry=self._registry)
        self._who = identity.search_uid, identity.trial, str(identity.attempt)
        self._place: dict[str, float] = {}

    def serve(self) -> None:
        """Serve in a thread. A port that is taken costs the live view, not the trial."""
        address = os.environ.get(METRICS_ADDRESS_ENV, f"0.0.0.0:{METRICS_PORT}")
        host, _, port = address.rpartition(":")
        try:
            server, _ = start_http_server(int(port), host, registry=self._registry)
        except OSError as error:
            log(METRICS_EVENT, message=f"no /metrics on port {port}: {error}")
            return
        if port == "0":
            log(METRICS_EVENT, port=server.server_port)

    def set(self, **values: float) -> None:
        """Set metrics to new values."""
        for name, value in values.items():
            self._gauge.labels(*self._who, name).set(value)

    def begin(self, candidate: int) -> None:
        """Tell which of several candidates is evaluated from now on, by its place in the trial."""
        self._place = {"candidate": float(candidate)}
        self.reset()

    def reset(self) -> None:
        """Forget all values: those of another candidate are not this one's."""
        self._gauge.clear()
        self.set(**self._place)
