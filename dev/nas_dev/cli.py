"""The command line."""

import argparse
import os
import shlex
import sys
from collections.abc import Callable

from nas_dev.cluster.embedded import Cluster
from nas_dev.images import base_rootfs
from nas_dev.images.build import SOURCES, build_and_load
from nas_dev.setup import helm, kubernetes_build, mlflow, python_tools, requirements, system, venv
from nas_dev.steps import Steps


def setup(steps: Steps, options: argparse.Namespace) -> None:
    """Install, fetch and build all that the other verbs need, side by side where it can be."""
    system.install(steps)

    def tools() -> None:
        helm.fetch(steps)
        python_tools.weed(steps)
        mlflow.python(steps)
        venv.sync(steps)

    def containers() -> None:
        # After the Python environment: both need the same large downloads, and the second finds them in uv's cache.
        steps.parallel(tools, lambda: base_rootfs.build(steps))
        build_and_load(steps, None)

    steps.parallel(lambda: kubernetes_build.build(steps), containers)


def make_venv(steps: Steps, options: argparse.Namespace) -> None:
    """Make .venv hold exactly what requirements/dev.txt says; with --peers, build/peers what peers.txt says."""
    venv.sync(steps, venv.PEERS if options.peers else venv.DIRECTORY)


def pins(steps: Steps, options: argparse.Namespace) -> None:
    """Write requirements/*.txt; versions that still fit stay, unless --upgrade is set."""
    for name in requirements.FILES:
        requirements.pin(steps, name, upgrade=options.upgrade)
    mlflow.pin(steps, upgrade=options.upgrade)


def cluster_up(steps: Steps, options: argparse.Namespace) -> None:
    """Start the cluster, or whatever of it does not run."""
    cluster = Cluster(options.name, steps)
    cluster.up()
    if options.gpus:
        cluster.set_gpus(options.gpus)


def cluster_down(steps: Steps, options: argparse.Namespace) -> None:
    """Stop the cluster and leave nothing behind but its state."""
    Cluster(options.name, steps).down(wipe=options.wipe)


def cluster_status(steps: Steps, options: argparse.Namespace) -> int:
    """Show each component of the cluster; exit 1 if any is not well."""
    components = Cluster(options.name, steps).status()
    for component in components:
        health = "healthy" if component.healthy else "DOWN"
        print(f"{component.name:26} {component.pid or '-':>8}  {health:8} {component.where}")
    return 0 if all(component.healthy for component in components) else 1


def build_images(steps: Steps, options: argparse.Namespace) -> None:
    """Build the images that changed and give them to the cluster, if it runs."""
    cluster = Cluster(options.name, steps)
    running = cluster if cluster.containers.daemon().is_ready() else None
    for key, reference in build_and_load(steps, running, options.images or None).items():
        print(f"{key:16} {reference}{'' if running else ' (built; no cluster runs)'}")


def dataset(steps: Steps, options: argparse.Namespace) -> None:
    """Make a data set of the examples and put it into a bucket: dataset NAME --to s3://bucket/prefix/."""
    venv.sync(steps)
    python = str(venv.DIRECTORY / "bin" / "python")
    os.execv(python, [python, "-m", "nas_dev.datasets", *options.arguments])


def environment(steps: Steps, options: argparse.Namespace) -> None:
    """Print shell assignments with which programs find the cluster: eval "$(python3 -m nas_dev env)"."""
    for key, value in Cluster(options.name, steps).environment().items():
        print(f"export {key}={shlex.quote(value)}")


def kubectl(steps: Steps, options: argparse.Namespace) -> None:
    """Run kubectl on the cluster."""
    binary = str(kubernetes_build.binary())
    arguments = options.arguments[1:] if options.arguments[:1] == ["--"] else options.arguments
    os.execv(binary, [binary, "kubectl", f"--kubeconfig={Cluster(options.name).kubeconfig}", *arguments])


def parser() -> argparse.ArgumentParser:
    """Return the parser of all verbs."""
    top = argparse.ArgumentParser(prog="nas_dev", description="The development tool of the NAS operator.")
    verbs = top.add_subparsers(required=True, metavar="VERB")

    def verb(name: str, run: Callable[..., int | None], named: bool = False) -> argparse.ArgumentParser:
        summary = (run.__doc__ or "").splitlines()[0]
        sub = verbs.add_parser(name, help=summary, description=run.__doc__)
        sub.set_defaults(run=run)
        if named:
            sub.add_argument("--name", default="dev", help="the cluster's name (default: dev)")
        return sub

    verb("setup", setup)
    verb("venv", make_venv).add_argument("--peers", action="store_true", help="the one with other search libraries")
    verb("pins", pins).add_argument("--upgrade", action="store_true", help="take the newest versions that fit")
    verb("cluster-up", cluster_up, named=True).add_argument("--gpus", type=int, default=0, help="pretend to have GPUs")
    verb("cluster-down", cluster_down, named=True).add_argument("--wipe", action="store_true", help="drop its state")
    verb("cluster-status", cluster_status, named=True)
    chosen = verb("images", build_images, named=True)
    chosen.add_argument("images", nargs="*", choices=[*SOURCES, []], metavar="IMAGE", help="default: all")
    verb("dataset", dataset).add_argument("arguments", nargs=argparse.REMAINDER)
    verb("env", environment, named=True)
    verb("kubectl", kubectl, named=True).add_argument("arguments", nargs=argparse.REMAINDER)
    return top


def main(arguments: list[str] | None = None) -> int:
    """Run one verb; a failure is one readable message."""
    options = parser().parse_args(arguments)
    steps = Steps()
    try:
        code = options.run(steps, options)
    except (RuntimeError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    finally:
        if len(steps.timings) > 1:
            print(steps.table())
    return code or 0
