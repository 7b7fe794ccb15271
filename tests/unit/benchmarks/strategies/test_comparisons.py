from __future__ import annotations

from pathlib import Path

import pytest
from benchmarks.strategies.__main__ import options_of
from benchmarks.strategies.comparisons import COMPARISONS, HERE, SHIPPED
from rich.console import Console

from nas_benchmark.command import Options
from nas_benchmark.entrants import make
from nas_benchmark.other_libraries import ALGORITHMS
from nas_benchmark.scores import Scores
from nas_benchmark.spaces import read_space
from nas_benchmark.table import Table, read_table
from nas_client.cli import benchmark
from nas_client.cli.main import main
from nas_core.api.strategy import Objective
from nas_core.spaces.nas_bench_201 import NasBench201


def parsed(name: str, *more: str) -> Options:
    taken: list[Options] = []

    def run(options: Options, console: Console) -> int:
        taken.append(options)
        return 0

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(benchmark, "run", run)
        assert main(options_of(name, Path("data"), Path("out"), more)) == 0
    return taken[0]


@pytest.mark.parametrize("name", COMPARISONS)
def test_every_comparison_is_one_that_nasctl_understands(name: str) -> None:
    options = parsed(name)
    space = read_space(options.space)
    goals = [Objective.model_construct(metric=metric) for metric in (options.metric, *options.cost)]
    scores = Scores(Table(space, "raw", {}), tuple(options.scores), options.scored) if options.scores else None
    for one in filter(None, options.strategies.split(",")):
        make(one, space, goals, 0, scores)
    assert set(filter(None, options.peers.split(","))) <= set(ALGORITHMS)
    assert options.out == Path("out") / name
    assert all(table.parts[0] == "data" or table.is_file() for table in options.table)


def test_the_table_that_ships_has_the_scores_that_are_compared_on() -> None:
    table = read_table([SHIPPED], NasBench201(), ["c10_val", "proxy_synflow"], "raw")
    assert len(table.metrics) == 5**6
    few = [row for row in table.metrics.values() if row["proxy_synflow"] == 0]
    best = table.best(Objective(metric="c10_val"))
    assert max(row["c10_val"] for row in few) < 60 < best, "a score of 0: nothing passes through"


def test_what_is_given_besides_is_what_counts() -> None:
    options = parsed("macro", "--seeds", "2", "--strategies", "random", "--peers", "")
    assert (options.seeds, options.strategies, options.peers) == (2, "random", "")


@pytest.mark.parametrize(
    ("space", "digits", "architecture", "size"),
    [
        ("nas_bench_macro", "01200000", {"layer1": "kernel3_expansion3", "layer2": "kernel5_expansion6"}, 3**8),
        ("fcnet", "013201105", {"activation2": "tanh", "batch": "3", "dropout1": "2", "units2": "5"}, 62208),
        ("hpobench_mlp", "09290", {"batch": "9", "depth": "3", "learning_rate": "9"}, 30_000),
    ],
)
def test_the_spaces_read_the_digits_of_their_tables(
    space: str, digits: str, architecture: dict[str, str], size: int, tmp_path: Path
) -> None:
    read = read_space(str(HERE / f"{space}.yaml"))
    assert read.size == size
    path = tmp_path / "table.csv"
    path.write_text(f"config,val\n{digits},1\n")
    table = read_table([path], read, ["val"], "raw", "config")
    [found] = [read.parse(text) for text in table.metrics]
    assert architecture.items() <= found.items()
