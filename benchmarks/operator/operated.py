"""An operator as in the image, and the namespace that it serves, for measurements of what it costs itself."""

from __future__ import annotations

import json
import secrets

from tests.support.bucket import Bucket
from tests.support.operator_process import Operator

from benchmarks.operator.start_up import wait_until_started
from nas_dev.cluster.embedded import Cluster
from nas_dev.paths import REPOSITORY
from nas_report.javascript import VEGA_FILE_ENV, vega


def with_bucket(cluster: Cluster, name: str) -> Bucket:
    """Make a namespace whose name begins so, and a bucket of that name with its Secret there."""
    bucket = Bucket(cluster, f"{name}-{secrets.token_hex(3)}")
    bucket.create()
    cluster.kubectl("create", "namespace", bucket.name)
    manifest = json.dumps(bucket.secret())
    cluster.kubectl("apply", f"--namespace={bucket.name}", "--filename=-", stdin=manifest)
    return bucket


def operator_of(cluster: Cluster, namespace: str, log_name: str) -> Operator:
    """Return an operator for a namespace, not started yet; its log is ``build/<log_name>.log``."""
    log = REPOSITORY / "build" / f"{log_name}.log"
    log.parent.mkdir(exist_ok=True)
    log.unlink(missing_ok=True)
    operator = Operator(cluster, namespace, log)
    # As in the image: what the file is made with is an engine for JavaScript, of 130 MiB.
    script = log.with_name("vega.js")
    script.write_text(vega())
    operator.environment[VEGA_FILE_ENV] = str(script)
    return operator


def begin(operator: Operator) -> None:
    """Start it, and wait until its start-up is over."""
    operator.start(METRICS_INTERVAL="5")
    wait_until_started(operator.healthy, lambda: operator.usage().cpu)
