"""Searches as pandas DataFrames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nas_client.comparison import compare
from nas_client.errors import ExtraMissing
from nas_client.search_state import SearchState
from nas_client.trial_table import full_rows_of

if TYPE_CHECKING:
    import pandas


def trials_frame(state: SearchState) -> pandas.DataFrame:
    """Return a row for each candidate of a search, by trial and index.

    Raises:
        ExtraMissing: if pandas is not installed.
    """
    return _pandas().DataFrame(list(full_rows_of(state)))


def comparison_frame(first: SearchState, second: SearchState) -> pandas.DataFrame:
    """Return what tells two searches apart, a column for each; errors are those of :func:`trials_frame`."""
    names = [first.search.meta.name, second.search.meta.name]
    return _pandas().DataFrame.from_dict(compare(first, second).pairs, orient="index", columns=names)


def _pandas() -> Any:
    try:
        import pandas
    except ModuleNotFoundError as error:
        raise ExtraMissing("a DataFrame needs pandas, which is not installed; pip install pandas") from error
    return pandas
