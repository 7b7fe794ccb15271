"""The options that commands share: where the cluster is, and in which form the answer is wanted."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from nas_client.errors import InvalidInput
from nas_client.folder import folder_state
from nas_client.reader import Reader
from nas_client.search_state import SearchState
from nas_core.records.trial import TrialView

EXIT_NOT_SUCCEEDED = 1

Search = Annotated[str, typer.Argument(metavar="SEARCH", help="Name of the NASSearch.", show_default=False)]
SearchOrFolder = Annotated[
    str,
    typer.Argument(
        metavar="SEARCH", help="Name of the NASSearch, or the folder of one that nasctl run ran.", show_default=False
    ),
]
TrialOrFile = Annotated[
    str,
    typer.Argument(
        metavar="TRIAL",
        help="Name of the NASTrial, or its file of a run: FOLDER/trials/TRIAL.yaml.",
        show_default=False,
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


class ObjectForm(StrEnum):
    """A form of output of one object."""

    TEXT = "text"
    JSON = "json"
    YAML = "yaml"


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
    if is_path(search):
        return folder_state(Path(search))
    state = connect(kubeconfig, context, namespace).read(search)
    if state.missing:
        typer.echo(state.missing, err=True)
    return state


def read_trial(
    trial: str, kubeconfig: str | None, context: str | None, namespace: str | None
) -> tuple[SearchState, TrialView]:
    """Return a trial with its search, by its name on the cluster or by its file in the folder of a run.

    Raises:
        ClientError: if that cannot be done.
    """
    if is_path(trial):
        path = Path(trial)
        state, name = folder_state(path.parent.parent), path.name.removesuffix(".yaml")
    else:
        reader = connect(kubeconfig, context, namespace)
        state, name = reader.read(reader.search_of(trial)), trial
    found = next((one for one in state.trials if one.meta.name == name), None)
    if found is None:
        raise InvalidInput(
            state.missing or f"search {state.search.meta.name!r} has no trial {name!r}; see: nasctl trials SEARCH"
        )
    return state, found


def is_path(text: str) -> bool:
    """Whether a path is meant: no name of an object has any of these."""
    return "/" in text or "\\" in text or text.startswith((".", "~"))
