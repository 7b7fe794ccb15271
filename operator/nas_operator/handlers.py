"""The handlers for Kopf: they put searches into the store, and start and stop the runtime.

The settings avoid Kopf's known pitfalls. It posts no Events of its own, scans for no CRDs or namespaces, expects no
peers (`nas_operator.leadership` says who works), keeps nothing on the objects (only ``on.event``, so no annotations and
no finalizers), and reconnects its watch often. When a watch of Kopf dies silently, lists make up for it
(`nas_operator.kube.relist`).
"""

from __future__ import annotations

from typing import Any

import kopf

from nas_core.api import GROUP, VERSION
from nas_operator.healthz import Health
from nas_operator.metrics_access import MetricsAccess
from nas_operator.metrics_endpoint import MetricsEndpoint
from nas_operator.page_server import PageServer
from nas_operator.runtime import Runtime
from nas_operator.settings import Settings


def register(registry: kopf.OperatorRegistry, settings: Settings, runtime: Runtime) -> None:
    """Register the handlers of the operator."""
    access = MetricsAccess(runtime.client) if settings.metrics_authentication else None
    pages = (
        PageServer(settings.health_port, "/healthz", Health(runtime.complaints).answer),
        PageServer(settings.metrics_port, "/metrics", MetricsEndpoint(access).answer),
    )

    @kopf.on.login(registry=registry)
    def log_in(**context: Any) -> kopf.ConnectionInfo | None:
        # Through the same package as our own client. Kopf's service-account login asks for a DNS name, which a cluster
        # may not serve, where the pod's environment has the address.
        return kopf.login_via_client(**context)

    @kopf.on.startup(registry=registry)
    async def start(settings: kopf.OperatorSettings, **_: Any) -> None:
        configure(settings)
        try:
            await runtime.start()
            for page in pages:
                await page.start()
        except Exception as error:
            # When a port is taken, everything else runs already.
            for page in pages:
                await page.stop()
            await runtime.stop()
            # Kopf would try again a minute later, with connections that are closed by now: Kubernetes does it better.
            raise kopf.PermanentError(f"the operator cannot start: {str(error) or type(error).__name__}") from error

    @kopf.on.cleanup(registry=registry)
    async def stop(**_: Any) -> None:
        for page in pages:
            await page.stop()
        await runtime.stop()

    @kopf.on.event(GROUP, VERSION, "nassearches", registry=registry)
    async def search_changed(event: kopf.RawEvent, **_: Any) -> None:
        raw: Any = event["object"]
        if event["type"] == "DELETED":
            runtime.triggers.stores.searches.remove(raw)
        else:
            runtime.triggers.stores.searches.put(raw)


def configure(settings: kopf.OperatorSettings) -> None:
    """Set Kopf up."""
    # Kopf would post its own log lines as Events of the search.
    settings.posting.enabled = False
    settings.scanning.disabled = True
    settings.peering.standalone = True
    settings.networking.request_timeout = 30
    # The server ends a watch first; the client's longer limit is for a stream that has died.
    settings.watching.server_timeout = 270
    settings.watching.client_timeout = 300
