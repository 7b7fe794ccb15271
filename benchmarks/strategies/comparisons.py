"""What is compared: options of ``nasctl benchmark`` by name, paths of tables from the folder that holds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

HERE = Path(__file__).parent
OURS = "random,regularized-evolution,nsga2,local-search,bayesian"
ALGORITHMS = "optuna-tpe,optuna-nsga2,pymoo-ga,pymoo-nsga2,syne-tune-rea,hyperopt-tpe"
SEVERAL = "optuna-tpe,optuna-nsga2,pymoo-nsga2,pymoo-age-moea2"
NEAR = ("--near", "0.1")
"""In per cent of accuracy."""
NB201 = ("--table", "nb201/cifar10.csv.gz", "--metric", "c10_val", *NEAR)
SHIPPED = HERE.parents[1] / "trial_image/nas_trial/lookup/tables/nas-bench-201-cifar10.csv.gz"
"""It has zero-cost scores."""
SCORED = "bayesian,bayesian:keep=3,local-search:keep=3,zero-cost"
NB101 = (
    *("--space", "nas-bench-101:vertices=5", "--table", "nb101/ecnas_energy_4ep.csv.gz"),
    *("--metric", "val_acc", "--near", "0.02"),
)
"""Accuracy (a fraction) after 4 epochs of all cells of at most 5 vertices."""
ONE = ("--test", "c10_test", "--budget", "300", "--seeds", "50")
TWO = ("--table", "nb201/latency_ms.csv.gz", "--budget", "200", "--seeds", "50")


def _own(space: str, table: str, encoding: str, *more: str) -> tuple[str, ...]:
    return ("--space", str(HERE / space), "--table", table, "--encoding", encoding, "--peers", ALGORITHMS, *more)


COMPARISONS: Mapping[str, Sequence[str]] = {
    "nb201-raw": (*NB201, *ONE, "--peers", ALGORITHMS, "--twins", "raw"),
    "nb201-mean": (*NB201, *ONE, "--peers", ALGORITHMS, "--twins", "mean"),
    "nb201-gp": (*NB201, "--strategies", "", "--peers", "optuna-gp", "--seeds", "10", "--budget", "200"),
    "nb201-raspi4-raw": (*NB201, *TWO, "--cost", "raspi4_ms", "--peers", SEVERAL, "--twins", "raw"),
    "nb201-raspi4-mean": (*NB201, *TWO, "--cost", "raspi4_ms", "--peers", SEVERAL, "--twins", "mean"),
    "nb201-pixel3-raw": (*NB201, *TWO, "--cost", "pixel3_ms", "--peers", SEVERAL, "--twins", "raw"),
    "nb201-8-workers": (*NB201, *ONE, "--workers", "8", "--seconds", "c10_train_s", "--peers", ALGORITHMS),
    "nb201-scores": (
        *("--table", str(SHIPPED), "--metric", "c10_val", "--scores", "proxy_synflow", "--strategies", SCORED),
        *("--peers", "optuna-tpe", "--budget", "100", "--seeds", "50", *NEAR),
    ),
    "nb101": (*NB101, "--budget", "300", "--seeds", "50", "--peers", ALGORITHMS),
    "nb101-energy": (*NB101, "--cost", "energy_kWh", "--budget", "200", "--seeds", "50", "--peers", SEVERAL),
    "macro": _own("nas_bench_macro.yaml", "nas_bench_macro/cifar10.csv.gz", "arch", "--metric", "test_acc_mean", *NEAR),
    **{
        f"fcnet-{data}": _own(
            "fcnet.yaml",
            f"fcnet/{data}.csv.gz",
            "config",
            "--metric",
            "val_mse_s*",
            "--goal",
            "minimize",
            "--near",
            near,
        )
        for data, near in (("protein_structure", "0.005"), ("naval_propulsion", "0.00001"))
    },
    **{
        f"hpobench-{data}": _own(
            "hpobench_mlp.yaml", f"hpobench_mlp/{data}.csv.gz", "config", "--metric", "val_acc_s*", "--near", "0.001"
        )
        for data in ("australian", "car", "credit_g", "segment")
    },
}
