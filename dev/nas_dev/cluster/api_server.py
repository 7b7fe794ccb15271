"""The API server as the cluster's own programs read it: `discovery` and `dns`, and whoever asks whether it answers."""

import inspect
import ssl
import sys
import urllib.request
from http.client import HTTPResponse
from pathlib import Path
from types import ModuleType
from typing import cast

from nas_dev.cluster.network import nsenter_prefix
from nas_dev.cluster.process import Daemon
from nas_dev.paths import REPOSITORY

INSIDE = "https://127.0.0.1:6443"
"""Its address in the cluster's network."""


class ApiServer:
    """Reads paths of one API server."""

    def __init__(self, server: str, authority: Path, token: str | None = None) -> None:
        """``authority``: file with the certificate that the server's is checked against."""
        self._server, self._headers = server, {"Authorization": f"Bearer {token}"} if token else {}
        context = ssl.create_default_context(cafile=str(authority))
        # No proxy: the environment's would lead out of the cluster's network, and knows no loopback of this machine.
        handlers = (urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
        self._opener = urllib.request.build_opener(*handlers)

    def open(self, path: str, timeout: float) -> HTTPResponse:
        """Return the answer to a GET; ``timeout`` in seconds.

        Raises:
            OSError: if there is none, or it is an error.
        """
        request = urllib.request.Request(self._server + path, headers=self._headers)
        return cast(HTTPResponse, self._opener.open(request, timeout=timeout))


def reader(name: str, cluster: str, directory: Path, program: ModuleType, token: Path, *arguments: str) -> Daemon:
    """Return a daemon that runs a program of this package in the cluster's network, where it reads the API server.

    Args:
        name: of the daemon.
        cluster: its name.
        directory: the cluster's.
        program: a module; it takes ``--server``, ``--authority`` and ``--token`` as this says, and the arguments.
        token: file with the token of the account that it reads as.
        arguments: what else it takes.
    """
    access = [f"--server={INSIDE}", f"--authority={directory / 'pki' / 'ca.crt'}", f"--token={token}"]
    argv = [*nsenter_prefix(cluster), sys.executable, "-m", program.__name__, *access, *arguments]
    # Part of the configuration, so that a change of the code restarts it.
    source = inspect.getsource(program) + inspect.getsource(sys.modules[__name__])
    # The system's Python may run this, and it does not know the checkout.
    env = {"PYTHONPATH": str(REPOSITORY / "dev")}
    return Daemon(name, directory, argv, lambda: True, env=env, config=source)
