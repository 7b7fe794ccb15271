"""The arguments that name a search and its cluster; shared by all commands that look at one."""

from __future__ import annotations

import argparse

from nas_client.reader import Reader

EXIT_NOT_SUCCEEDED = 1


def add_search_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the name of a search, its namespace, context and kubeconfig."""
    parser.add_argument("name", help="name of the NASSearch")
    parser.add_argument("-n", "--namespace", help="its namespace; default: the context's")
    parser.add_argument("--context", help="context of the kubeconfig; default: the current one")
    parser.add_argument("--kubeconfig", help="path of the kubeconfig; default: KUBECONFIG or ~/.kube/config")


def connect(options: argparse.Namespace) -> Reader:
    """Connect to the cluster that the arguments name.

    Raises:
        KubeconfigInvalid: if there is none.
    """
    return Reader.connect(options.kubeconfig, options.context, options.namespace)
