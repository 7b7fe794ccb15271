"""The report of disturbed searches: a table of what held. `docs/reliability.md` has one that was really run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median

from tests.chaos.faults import FAULTS, Fault
from tests.chaos.play import PARALLEL, Outcome

SHOWN = 300
"""Characters of what failed."""


def report(played: Mapping[str, Sequence[Outcome]], seed: int, trials: int) -> str:
    """Return the table; `seed` is that of each fault's first search."""
    lines = [
        f"Searches of {trials} trials, {PARALLEL} at a time, in ordered mode; seeds from {seed}.",
        "",
        "| fault | what happens | searches | held | seconds (median) | what failed |",
        "|---|---|---|---|---|---|",
    ]
    for name, outcomes in played.items():
        held = sum(not outcome.wrong for outcome in outcomes)
        wrong = "; ".join(dict.fromkeys(one for outcome in outcomes for one in outcome.wrong))[:SHOWN] or "-"
        seconds = median(outcome.seconds for outcome in outcomes)
        what = f"{FAULTS[name].what}{_times(FAULTS[name])}"
        lines.append(f"| `{name}` | {what} | {len(outcomes)} | {held} | {seconds:.0f} | {wrong} |")
    return "\n".join(lines) + "\n"


def _times(fault: Fault) -> str:
    return {0: "", 1: ", once"}.get(fault.hits, f", {fault.hits} times")
