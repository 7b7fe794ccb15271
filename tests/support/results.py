"""Results of candidates."""

from __future__ import annotations

from nas_core.contract import CandidateResult


def candidates(count: int, metrics: int, message: str = "") -> list[CandidateResult]:
    return [
        CandidateResult(
            id=f"{k:064d}",
            outcome="Succeeded",
            metrics={f"metric_{m}": m / 7 for m in range(metrics)},
            message=message,
            checkpoint="s3://" + "x" * 100,
        )
        for k in range(count)
    ]
