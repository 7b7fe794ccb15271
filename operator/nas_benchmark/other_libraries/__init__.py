"""Search algorithms of other libraries as entrants, so that ours are measured beside them in the same run.

One adapter a file; each drives its library as that one's documentation says, with the library's defaults, but
populations of 20, as ours. The libraries are imported only when a run needs them.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence

from nas_benchmark.other_libraries.base import LibraryEntrant
from nas_core.api.strategy import Objective
from nas_core.spaces import SearchSpace

ALGORITHMS: Mapping[str, str] = {
    "optuna-tpe": "optuna",
    "optuna-gp": "optuna and torch",
    "optuna-nsga2": "optuna",
    "pymoo-ga": "pymoo",
    "pymoo-nsga2": "pymoo",
    "pymoo-age-moea2": "pymoo and numba",
    "syne-tune-rea": "syne-tune",
    "hyperopt-tpe": "hyperopt",
}
"""The packages that each algorithm needs, by its name; ``-`` is ``_`` in its module, which has a class ``Adapter``."""


def load(name: str) -> type[LibraryEntrant]:
    """Import the adapter of an algorithm.

    Raises:
        ValueError: if there is no such algorithm, or a package it needs is not installed.
    """
    if name not in ALGORITHMS:
        raise ValueError(f"there is no peer {name!r}; there are {', '.join(ALGORITHMS)}")
    try:
        module = importlib.import_module(f"{__name__}.{name.replace('-', '_')}")
    except ImportError as error:
        raise ValueError(
            f"peer {name!r} needs {ALGORITHMS[name]} ({error}); "
            "install requirements/peers.txt, or leave it out of --peers"
        ) from error
    adapter: type[LibraryEntrant] = module.Adapter
    return adapter


def make(name: str, space: SearchSpace, objectives: Sequence[Objective], seed: int) -> LibraryEntrant:
    """Return an entrant with its seed.

    Raises:
        ValueError: as :func:`load`; or if it does not take as many objectives.
    """
    adapter = load(name)
    if len(objectives) == 1 and not adapter.one_objective:
        raise ValueError(f"peer {name!r} needs several objectives; give --cost, or leave it out")
    if len(objectives) > 1 and not adapter.several_objectives:
        raise ValueError(f"peer {name!r} has one objective; leave it out where there are {len(objectives)}")
    return adapter(space, objectives, seed)
