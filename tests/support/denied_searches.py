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


def _hyperparameter(name: str, **values: Any) -> Spec:
    first = {"name": "cutmix", "choice": ["0", "0.5"]}
    return {"hyperparameters": [first, {"name": name, **values}]}


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
    "learning_rate": (
        _hyperparameter("learning_rate", real={"min": "0.001", "max": "0.1"}),
        ["learning_rate", "nearest: learningRate", "the trainer knows optimizer, learningRate"],
    ),
    "lr": (_hyperparameter("lr", choice=["0.1"]), ["nearest: learningRate"]),
    "no name of a setting": (_hyperparameter("block", choice=["a"]), ["block", "no setting", "nearest: none"]),
    **{
        f"{name}: {kind} {value}": (
            _hyperparameter(name, **{kind: value}),
            [name, "each value must be", *words],
        )
        for name, kind, value, *words in (
            ("learningRate", "choice", ["0.1", "-1"], "-1", "a number of at least 0"),
            ("learningRate", "choice", ["fast"], "fast", "a number of at least 0"),
            ("weightDecay", "real", {"min": "-0.1", "max": "0.1"}, "a number of at least 0"),
            ("mixup", "subset", {"members": ["0.1"]}, "a number of at least 0"),
            ("dropout", "choice", ["0", "1"], "below 1"),
            ("dropout", "integer", {"min": 0, "max": 1}, "below 1"),
            ("momentum", "real", {"min": "0.5", "max": "1"}, "below 1"),
            ("batchSize", "choice", ["64", "0"], "0", "a whole number from 1 to 65536"),
            ("batchSize", "choice", ["64.5"], "64.5", "a whole number from 1 to 65536"),
            ("batchSize", "integer", {"min": 32, "max": 70000}, "a whole number from 1 to 65536"),
            ("warmupEpochs", "real", {"min": "0", "max": "5"}, "a whole number from 0 to 1000"),
            ("optimizer", "choice", ["sgd", "adam"], "adam", "one of sgd, adamw"),
            ("optimizer", "integer", {"min": 0, "max": 1}, "one of sgd, adamw"),
            ("schedule", "choice", ["linear"], "one of cosine, constant, step, one-cycle"),
            ("augmentation", "choice", ["flip", "blur"], "blur", "joined by +"),
            ("augmentation", "subset", {"members": ["flip", "none"]}, "joined by +"),
        )
    },
}  # fmt: skip

OWN_HYPERPARAMETERS: Spec = {"hyperparameters": [{"name": "lr", "choice": ["-1"]}]}

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
    "settings of the trainer": {
        "hyperparameters": [
            {"name": "optimizer", "choice": ["sgd", "adamw"]},
            {"name": "learningRate", "real": {"min": "1e-5", "max": "1", "log": True}},
            {"name": "weightDecay", "choice": ["0", "5e-4"]},
            {"name": "momentum", "real": {"min": "0.5", "max": "0.99"}},
            {"name": "schedule", "choice": ["cosine", "one-cycle"]},
            {"name": "warmupEpochs", "integer": {"min": 0, "max": 5}},
            {"name": "clipNorm", "integer": {"min": 0, "max": 5}},
            {"name": "batchSize", "integer": {"min": 32, "max": 512, "log": True}},
            {"name": "accumulation", "choice": ["1", "2"]},
            {"name": "labelSmoothing", "real": {"min": "1e-5", "max": "0.1", "log": True}},
            {"name": "dropout", "choice": ["0", ".5", "1e-3"]},
            {"name": "augmentation", "choice": ["none", "flip", "crop+flip"]},
            {"name": "mixup", "real": {"min": "0", "max": "1"}},
            {"name": "averageDecay", "choice": ["0", "0.999"]},
        ]
    },
    "a subset of augmentations": {
        "hyperparameters": [{"name": "augmentation", "subset": {"members": ["flip", "crop", "rand-augment"]}}]
    },
    "hyperparameters of an image": OWN_HYPERPARAMETERS | {"trialTemplate": {"image": "trainer:1"}},
    "hyperparameters of a command": OWN_HYPERPARAMETERS | {"trialTemplate": {"command": ["python3", "train.py"]}},
    "hyperparameters of a table": OWN_HYPERPARAMETERS | {"evaluation": {"benchmark": {"path": "/data/fcnet.csv"}}},
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
