"""The table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from benchmarks.operator.observed import Cost, Observed, per_minute, percentile


def table(rounds: Mapping[str, Sequence[Observed]], trials: int, parallel: int) -> str:
    """Return the two sides, one row each; turnaround is over all rounds of a side."""
    lines = [
        f"| {trials} trials, {parallel} parallel | trials/min | its rounds | turnaround p50 s | p99 s | longest s |",
        "|---|---|---|---|---|---|",
    ]
    for side, observed in rounds.items():
        waits = [wait for one in observed for wait in one.turnaround]
        each = ", ".join(f"{per_minute([one]):.1f}" for one in observed)
        figures = " | ".join(
            f"{figure:.3f}" for figure in (percentile(waits, 0.5), percentile(waits, 0.99), max(waits))
        )
        lines.append(f"| {side} | {per_minute(observed):.1f} | {each} | {figures} |")
    return "\n".join(lines)


def summary(bare: Sequence[Observed], operator: Sequence[Observed], costs: Sequence[Cost], trials: int) -> str:
    """Return the headline ratio and what the operator spent."""

    def mean(values: Sequence[float]) -> float:
        return sum(values) / len(values)

    requests, cpu = mean([cost.requests for cost in costs]), mean([cost.cpu for cost in costs])
    return (
        f"ratio {per_minute(operator) / per_minute(bare):.3f} of the bare script; "
        f"first Job {max(cost.first_job for cost in costs):.2f} s after apply; "
        f"every result on record {max(cost.recorded for cost in costs):.2f} s after the last Job\n"
        f"the operator spent {requests / trials:.1f} API requests and {1000 * cpu / trials:.1f} ms of CPU a trial "
        f"({cpu:.1f} s a round), {max(cost.peak for cost in costs) / 2**20:.0f} MiB at most"
    )
