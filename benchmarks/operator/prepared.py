"""The cluster of a measurement: what is needed is started, what would only take part is stopped."""

from __future__ import annotations

import json

from nas_core.crd.schema import custom_resource_definitions
from nas_dev.cluster.embedded import Cluster
from nas_dev.images.build import build_and_load
from nas_dev.steps import Steps

FAKE_NODES = 10


def prepare(cluster: Cluster, fake_nodes: bool) -> None:
    """Start what is needed, and of the rest stop what would take part."""
    cluster.up()
    crds = {"apiVersion": "v1", "kind": "List", "items": custom_resource_definitions()}
    cluster.kubectl("apply", "--server-side", "--force-conflicts", "--filename=-", stdin=json.dumps(crds))
    if not fake_nodes:
        build_and_load(Steps(), cluster, ["custom-trainer"])
        return
    cluster.add_fake_nodes(FAKE_NODES)
    # Its discovery works on every pod event, and fake pods have nothing to scrape.
    cluster.prometheus.discovery().stop()
    cluster.prometheus.stop()
