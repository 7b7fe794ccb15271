"""Searches that would run, but not do what their owner means: of each the spec's fields, and words of the message.

One table for the API server (tests/integration) and for the models without one (tests/unit).
"""

from __future__ import annotations

from typing import Any

Spec = dict[str, Any]


def _objective(metric: str, **fields: Any) -> Spec:
    return {"objectives": [{"metric": metric, **fields}]}


def _constraint(metric: str, **fields: Any) -> Spec:
    return {"constraints": [{"metric": "flops", "max": 10**9}, {"metric": metric, **fields}]}


DENIED_SEARCHES: dict[str, tuple[Spec, list[str]]] = {
    **{
        f"{metric} maximised": (_objective(metric), [metric, "less is better", "set goal: minimize"])
        for metric in (
            "val_loss", "loss", "test_rmse", "val_mse", "train_mae", "val_calibration_error", "val_log_loss",
            "latency_ms", "latency_p90_ms", "parameters", "flops", "int8_bytes", "peak_activation_bytes",
            "train_seconds", "val_accuracy_std",
        )
    },
    **{
        f"{metric} minimised": (
            _objective(metric, goal="minimize"),
            [metric, "more is better", "set goal: maximize"],
        )
        for metric in ("val_accuracy", "f1", "val_roc_auc", "val_r2", "throughput_per_s")
    },
    "the second of two objectives": (
        {"objectives": [{"metric": "val_accuracy"}, {"metric": "val_loss"}]},
        ["val_loss", "less is better"],
    ),
    "an accuracy of 95": (_objective("val_accuracy", target=95), ["val_accuracy", "target 95", "at most 1", "0.95"]),
    "R² above 1": (_objective("val_r2", target="1.5"), ["val_r2", "target 1.5", "at most 1"]),
    "an error below 0": (
        _objective("val_rmse", goal="minimize", target="-0.1"),
        ["val_rmse", "target -0.1", "at least 0"],
    ),
    "half a parameter": (
        _objective("parameters", goal="minimize", target="0.5"),
        ["parameters", "target 0.5", "at least 1"],
    ),
    "a constraint in per cent": (
        _constraint("val_balanced_accuracy", min=90),
        ["val_balanced_accuracy", "min 90", "at most 1"],
    ),
    "a constraint in millions": (_constraint("parameters", max="0.5"), ["parameters", "max 0.5", "at least 1"]),
    "time below 0": (_constraint("latency_ms", max=-1), ["latency_ms", "max -1", "at least 0"]),
}  # fmt: skip

ACCEPTED_SEARCHES: dict[str, Spec] = {
    "defaults": {},
    "right directions": {
        "objectives": [
            {"metric": "val_accuracy", "target": "0.95"},
            {"metric": "val_loss", "goal": "minimize", "target": 0},
            {"metric": "proxy_flops"},
            {"metric": "throughput_per_s", "target": 5000},
        ],
        "constraints": [{"metric": "val_accuracy", "min": "0.5", "max": 2}, {"metric": "parameters", "max": "1e6"}],
    },
    "names of another meaning": {"objectives": [{"metric": "lossless"}, {"metric": "val_accuracy_gain"}]},
    "a trainer of one's own": {
        **_objective("val_loss", target=95),
        **_constraint("val_accuracy", min=90),
        "trialTemplate": {"image": "trainer:1"},
    },
    "a table in per cent": {
        **_objective("val_accuracy", target=95),
        "evaluation": {"benchmark": {"table": "nas-bench-201-cifar10"}},
    },
}
