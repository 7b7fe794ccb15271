"""The options that commands share: where the cluster is, and in which form the answer is wanted."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from nas_client.reader import Reader

EXIT_NOT_SUCCEEDED = 1

Search = Annotated[str, typer.Argument(metavar="SEARCH", help="Name of the NASSearch.", show_default=False)]
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
