"""The reference page of the reasons: what each means and what to do, a table for each object that has them."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

from nas_core.reasons import NEEDS_ATTENTION, TABLES, Reason

ALERT = f'nas_searches{{reason=~"{"|".join(NEEDS_ATTENTION)}"}} > 0'


def reasons_page(notice: str) -> str:
    """Return the page."""
    parts = ["# Reasons\n", f"<!-- {notice} -->\n"]
    parts.append(
        "`kubectl get` shows the reason of the condition `Progressing`, `kubectl describe` every reason with its "
        "message, which names the object at hand. A trial's `Progressing` holds its state (`Pending`, `Running`, "
        "`Stopping`, `Collecting`) or how it ended; a search's holds `Succeeded` after a success.\n"
    )
    parts.append(
        "What results depend on may change until the first candidate has a trial (docs/getting-started.md). Later a "
        "remedy in such a field, such as `evaluation`, needs a new search.\n"
    )
    parts.append(f"Somebody has to do something while this holds for ten minutes:\n\n```promql\n{ALERT}\n```\n")
    for owner, tables in TABLES.items():
        parts.append(f"## {owner}\n")
        for table in tables:
            parts.append("\n".join(_table(table)) + "\n")
    return "\n".join(parts)


def _table(table: type[Reason]) -> Iterator[str]:
    yield f"{inspect.getdoc(table)}\n"
    yield "| Reason | Meaning | What to do |"
    yield "|---|---|---|"
    for reason in table:
        yield f"| `{reason}` | {_cell(reason.meaning)} | {_cell(reason.remedy)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
