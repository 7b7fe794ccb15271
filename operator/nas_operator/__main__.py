"""``python -m nas_operator run``: the operator's process."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import sys
import time

import kopf
import uvloop
from prometheus_client import REGISTRY

from nas_operator.handlers import register
from nas_operator.kube.client import Client
from nas_operator.operator_metrics import PolicyCollector, SearchCollector
from nas_operator.responsive import stay_responsive
from nas_operator.runtime import build_runtime
from nas_operator.settings import Settings


class JsonFormatter(logging.Formatter):
    """One JSON object a line, for log collectors."""

    def format(self, record: logging.LogRecord) -> str:
        """Render a record."""
        entry = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created)),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(entry)


def set_up_logging(settings: Settings) -> None:
    """Log to standard error, in the form that was asked for; Kopf and libraries only from WARNING on."""
    handler = logging.StreamHandler()
    plain = logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
    handler.setFormatter(JsonFormatter() if settings.log_format == "json" else plain)
    logging.basicConfig(level=settings.log_level, handlers=[handler])
    for name in ("kopf", "aiohttp", "botocore", "urllib3", "kubernetes"):
        logging.getLogger(name).setLevel(logging.WARNING)


async def serve(settings: Settings) -> bool:
    """Run until a signal stops it, or its Lease is lost; return whether it was lost."""
    client = Client.from_environment()
    runtime = build_runtime(client, settings)
    # Of several operators the leader alone tells of searches: sums over all of them are right.
    searches = runtime.triggers.stores.searches.all
    collector = SearchCollector(lambda: searches() if runtime.leading() else (), settings.metrics_per_search)
    REGISTRY.register(collector)
    policies = runtime.triggers.stores.policies.all
    REGISTRY.register(PolicyCollector(lambda: policies() if runtime.leading() else ()))
    registry = kopf.OperatorRegistry()
    register(registry, settings, runtime)
    stop = runtime.elector.lost if runtime.elector else None
    await kopf.operator(
        registry=registry,
        stop_flag=stop,
        standalone=True,
        clusterwide=not settings.namespaces,
        namespaces=settings.namespaces,
    )
    return runtime.lost_its_lease


def main(arguments: list[str] | None = None) -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="nas-operator", description=__doc__)
    parser.add_argument("command", choices=["run"], help="run: watch NASSearch resources and work on them")
    parser.parse_args(arguments)
    try:
        settings = Settings.from_environment()
    except ValueError as error:
        print(error, file=sys.stderr)  # noqa: T201 - before logging is set up
        # EX_USAGE of sysexits.h: what was given is wrong, not the program.
        return 64
    set_up_logging(settings)
    stay_responsive()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        # EX_TEMPFAIL of sysexits.h: Kubernetes starts it again, as one that waits.
        return 75 if runner.run(serve(settings)) else 0


if __name__ == "__main__":
    sys.exit(main())
