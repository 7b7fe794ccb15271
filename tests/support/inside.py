"""Programs of the tests inside the cluster's network, where they reach pods and the API server reaches them."""

from __future__ import annotations

import json
import subprocess
import sys
from types import ModuleType

from nas_dev.cluster.embedded import Cluster


class Server:
    """A module that serves in a process of its own, and prints the port that it listens on."""

    def __init__(self, cluster: Cluster, module: ModuleType, *arguments: str) -> None:
        argv = leashed(cluster, str(module.__file__), *arguments)
        self._process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout
        self.port = int(self._process.stdout.readline())

    def tell(self, line: str) -> None:
        """Write a line to its standard input."""
        assert self._process.stdin
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def stop(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()


def leashed(cluster: Cluster, *arguments: str) -> list[str]:
    """Return the command of a Python inside the cluster's network that ends with the tests, however they end."""
    return ["setpriv", "--pdeathsig", "KILL", "--", *cluster.nsenter_prefix, sys.executable, *arguments]


def fetch(cluster: Cluster, url: str, token: str = "") -> tuple[int, str]:
    """Return status and text of a page inside the cluster's network, which is shown a token if one is given.

    Raises:
        subprocess.CalledProcessError: if nothing answers there.
    """
    code = (
        "import json, sys, urllib.error, urllib.request as http\n"
        "headers = {'Authorization': 'Bearer ' + sys.argv[2]} if sys.argv[2] else {}\n"
        "try:\n"
        "    answer = http.urlopen(http.Request(sys.argv[1], headers=headers), timeout=5)\n"
        "except urllib.error.HTTPError as error:\n"
        "    answer = error\n"
        "print(json.dumps([answer.status, answer.read().decode()]))"
    )
    status, text = json.loads(inside(cluster, code, url, token))
    return status, text


def inside(cluster: Cluster, code: str, *arguments: str) -> str:
    """Run a piece of Python inside the cluster's network and return what it prints."""
    argv = [*cluster.nsenter_prefix, sys.executable, "-c", code, *arguments]
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout


def free_ports(cluster: Cluster, count: int) -> list[int]:
    """Return ports that nothing listens on inside the cluster's network."""
    code = (
        "import socket, sys\n"
        "sockets = [socket.create_server(('', 0)) for _ in range(int(sys.argv[1]))]\n"
        "print(*(s.getsockname()[1] for s in sockets))"
    )
    return [int(port) for port in inside(cluster, code, str(count)).split()]
