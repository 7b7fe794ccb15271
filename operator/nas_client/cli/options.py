"""The options that commands share: where the cluster is, and in which form the answer is wanted."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from nas_client.folder import folder_state
from nas_client.reader import Reader
from nas_client.search_state import SearchState

EXIT_NOT_SUCCEEDED = 1

Search = Annotated[str, typer.Argument(metavar="SEARCH", help="Name of the NASSearch.", show_default=False)]
SearchOrFolder = Annotated[
    str,
    typer.Argument(
        metavar="SEARCH", help="Name of the NASSearch, or the folder of one that nasctl run ran.", show_default=False
    ),
]
Namespace = Annotated[
    str | None, typer.Option("-n", "--namespace", help="Its namespace; default: the context's.", show_default=False)
]
Context = Annotated[
    str | None, typer.Option(help="Context of the kubeconfig; default: the current one.", show_default=False)
]
Kubeconfig = Annotated[
    str | None,
    typer.Option(help="Path of the kubeconfig; default: KUBECONFIG or ~/.kube/config.", show_default=False),
]


class Form(StrEnum):
    """A form of output."""

    TABLE = "table"
    JSON = "json"


class Rows(StrEnum):
    """A form of output of a list."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"
    CSV = "csv"


RowsOutput = Annotated[Rows, typer.Option("-o", "--output", help="Form of the output.")]
Output = Annotated[Form, typer.Option("-o", "--output", help="Form of the output.")]


def connect(kubeconfig: str | None, context: str | None, namespace: str | None) -> Reader:
    """Connect to the cluster that the options name.

    Raises:
        KubeconfigInvalid: if there is none.
    """
    return Reader.connect(kubeconfig, context, namespace)


def read_state(search: str, kubeconfig: str | None, context: str | None, namespace: str | None) -> SearchState:
    """Return a search and its trials, by its name on the cluster or by the folder where `nasctl run` keeps it.

    Raises:
        ClientError: if that cannot be done.
    """
    # No name of an object has any of these.
    if "/" in search or "\\" in search or search.startswith((".", "~")):
        return folder_state(Path(search))
    return connect(kubeconfig, context, namespace).read(search)
