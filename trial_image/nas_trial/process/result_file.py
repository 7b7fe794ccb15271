"""The result file: the container's termination message, which Kubernetes hands to the operator.

Kubernetes keeps 4 KiB of it, so a result is cut to that; the storage has the whole of it (`nas_trial.work.result`).
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Callable
from pathlib import Path

from nas_core.api.curve import Curve
from nas_core.contract import RESULT_FILE_LIMIT, TrialResult

ROOM_BESIDE_CANDIDATES = 800
"""Bytes that candidates leave to the trial's own metrics and message."""
_BARE: dict[str, object] = {"message": "", "metrics": {}, "warnings": []}
"""What can be cut from any result."""


def write_result(path: Path, result: TrialResult) -> None:
    """Write a result, cut so that Kubernetes keeps all of it."""
    path.write_text(fit(result))


def fit(result: TrialResult) -> str:
    """Return the result as JSON of at most `RESULT_FILE_LIMIT` bytes.

    What is odd about prepared data goes first, as the trial's own warnings say it too. Of a model go its metrics, then
    all of it. Of several candidates go their messages and checkpoints, then their metrics but the first, then the last
    candidates; then points of the curve, the warnings, the trial's own metrics from the last on, and its message.
    """
    curve, result = result.curve, result.model_copy(update={"curve": None})
    if result.dataset and len(_json(result).encode()) > RESULT_FILE_LIMIT:
        result = result.model_copy(update={"dataset": result.dataset.model_copy(update={"warnings": []})})
    if result.model:
        for shorter in (result.model.model_copy(update={"metrics": {}}), None):
            if len(_json(result.model_copy(update=_BARE)).encode()) > RESULT_FILE_LIMIT:
                result = result.model_copy(update={"model": shorter})
    if len(result.candidates) > 1:
        result = _with_brief_candidates(result)

    def render(message: int, metrics: int, warnings: int = 0, curve: Curve | None = None) -> str:
        kept = {
            "curve": curve,
            "message": result.message[:message],
            "metrics": dict(list(result.metrics.items())[:metrics]),
            "warnings": result.warnings[:warnings],
        }
        return _json(result.model_copy(update=kept))

    # Each takes the room that those before it leave.
    metrics = _most(len(result.metrics), RESULT_FILE_LIMIT, lambda kept: render(0, kept))
    message = _most(len(result.message), RESULT_FILE_LIMIT, lambda kept: render(kept, metrics))
    warnings = _most(len(result.warnings), RESULT_FILE_LIMIT, lambda kept: render(message, metrics, kept))
    while curve and len(render(message, metrics, warnings, curve).encode()) > RESULT_FILE_LIMIT:
        curve = curve.halved() if len(curve.epochs) > 1 else None
    return render(message, metrics, warnings, curve)


def _with_brief_candidates(result: TrialResult) -> TrialResult:
    """Cut first the candidates' messages and checkpoints, then metrics but the first, then the last candidates."""

    def cut(candidates: int, metrics: int) -> TrialResult:
        kept = [
            candidate.model_copy(
                update={"message": "", "checkpoint": None, "metrics": dict(list(candidate.metrics.items())[:metrics])}
            )
            for candidate in result.candidates[:candidates]
        ]
        return result.model_copy(update={"candidates": kept})

    def bare(candidates: int, metrics: int) -> str:
        return _json(cut(candidates, metrics).model_copy(update=_BARE))

    limit, count = RESULT_FILE_LIMIT - ROOM_BESIDE_CANDIDATES, len(result.candidates)
    if len(_json(result).encode()) <= RESULT_FILE_LIMIT:
        return result
    most_metrics = max(len(candidate.metrics) for candidate in result.candidates)
    metrics = max(1, _most(most_metrics, limit, lambda kept: bare(count, kept)))  # one is the objective's
    return cut(_most(count, limit, lambda kept: bare(kept, metrics)), metrics)


def _json(result: TrialResult) -> str:
    fields = result.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    # The version is a default and so left out of the fields. Not ASCII: an escape takes six bytes, UTF-8 two or three.
    return json.dumps({"schemaVersion": result.schema_version} | fields, ensure_ascii=False, separators=(",", ":"))


def _most(length: int, limit: int, cut: Callable[[int], str]) -> int:
    """Return how much can be kept, of 0 to ``length``, so that what is cut to it has at most ``limit`` bytes."""
    # What is longer never takes fewer bytes, so bisection finds the limit.
    fitting = bisect_right(range(length + 1), limit, key=lambda kept: len(cut(kept).encode()))
    return max(0, fitting - 1)
