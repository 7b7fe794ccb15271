"""``python -m nas_dev.demo``: uploads the data, installs the operator, starts the search and follows it."""

import argparse
import os
import sys

from rich.console import Console
from urllib3.exceptions import HTTPError

from kubernetes import client, config
from nas_client.cli.follow import display_for, follow
from nas_client.errors import ClientError
from nas_client.reader import Reader
from nas_client.search_state import SearchState, Summary
from nas_dev.cluster.embedded import Cluster
from nas_dev.demo.closing import closing
from nas_dev.demo.data import upload_data
from nas_dev.demo.operator import install_operator
from nas_dev.demo.search import EXAMPLE, NAMESPACE, Kubernetes, search_for, start_search
from nas_dev.demo.target import CLUSTER, DemoFailed, Target, embedded, existing
from nas_dev.steps import Steps

FAULTS = (DemoFailed, ClientError, RuntimeError, client.ApiException, config.ConfigException, HTTPError)
"""What can go wrong outside this program; each says enough by its message."""


def run(steps: Steps, target: Target, console: Console) -> SearchState:
    """Upload the data, install the operator, start the search; return its last state."""
    search = search_for(target)
    if target.context:
        storage = search["spec"]["storage"]
        steps.say(f"  {EXAMPLE.name} is applied with bucket {target.bucket} at {storage.get('endpoint', 'Amazon S3')}")
    upload_data(steps, target, search["spec"]["task"]["dataset"]["uri"])
    kubernetes = Kubernetes(target)
    kubernetes.namespace_and_secret(target)
    install_operator(steps, target)
    with steps.step(f"search {search['metadata']['name']}"):
        start_search(steps, kubernetes, search)
        reader = Reader.connect(target.kubeconfig, target.context, NAMESPACE)
        with display_for(console) as display:
            return follow(reader, search["metadata"]["name"], display)


def clean_up(steps: Steps, context: str | None, target: Target | None) -> None:
    """After Ctrl-C: stop the embedded cluster (its state stays), or end the search on the user's cluster."""
    if context is None:
        Cluster(CLUSTER, steps).down()
        steps.say("stopped; `make demo` goes on where it was, `make demo-down` drops everything")
    elif target:
        Kubernetes(target).delete(search_for(target)["metadata"]["name"])
        steps.say(f"the search is removed; the operator and the namespace {NAMESPACE} stay in context {context}")


def main(arguments: list[str] | None = None) -> int:
    """Run the demo; the exit code is 0 when the search succeeded."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--context", help="use this context of your kubeconfig instead of the embedded cluster")
    context = parser.parse_args(arguments).context
    steps, console = Steps(), Console()
    target: Target | None = None
    try:
        target = existing(context, os.environ) if context else embedded(steps)
        last = run(steps, target, console)
    except KeyboardInterrupt:
        clean_up(steps, context, target)
        return 130
    except FAULTS as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"\n{steps.table()}\n\n{closing(last, target)}")
    return 0 if last.summary is Summary.SUCCEEDED else 1


if __name__ == "__main__":
    sys.exit(main())
