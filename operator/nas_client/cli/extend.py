"""``nasctl extend SEARCH``: train the best longer than the search did, also of a search that has ended.

Exit code 0 when the API server has taken it.
"""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from nas_client.cli.options import Context, Kubeconfig, Namespace, Search, connect
from nas_client.searches import Searches

INTERRUPTED = "stopped; see: nasctl show SEARCH"


def command(
    search: Search,
    epochs: Annotated[int, typer.Option(help="Epochs of each training.", show_default=False)],
    top: Annotated[int, typer.Option(help="How many of the best.")] = 1,
    seeds: Annotated[
        int | None,
        typer.Option(
            min=1, help="Trainings of each, every time with another seed; default: as it is.", show_default=False
        ),
    ] = None,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
) -> int:
    """Change `spec.retrain`: what has been trained so long already is not trained again.

    Raises:
        InvalidInput: if the API server does not take it.
    """
    retrain = {"top": top, "epochs": epochs, **({"seeds": seeds} if seeds else {})}
    Searches(connect(kubeconfig, context, namespace)).change(search, {"retrain": retrain})
    how = f" with {seeds} seeds each" if seeds else ""
    Console().print(
        f"nassearch/{search}: the best {top} are trained for {epochs} epochs{how}", markup=False, highlight=False
    )
    return 0
