"""Searches from Python: describe one, submit it or run it here, follow it, and load the model that it found.

::

    from nas import Search

    search = Search("digits", task={"dataset": {"name": "digits"}}, retrain={"epochs": 50}).run()
    search.trials()          # a DataFrame
    search.best().load()     # a model that predicts

Flow: `search` is what is asked for, `attached` what has become of it, on a cluster or in a folder. Importing this loads
nothing but the standard library; what a method needs is loaded when it is called. Errors are of `nas.errors`.
"""

from __future__ import annotations

from nas.attached import AttachedSearch, attach, open_folder
from nas.best import Best
from nas.search import Search

__all__ = ["AttachedSearch", "Best", "Search", "attach", "open_folder"]
