from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from nas_client.cli.main import main
from nas_core.spaces.nas_bench_201 import NasBench201


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small table: convolutions are good."""
    space, rng = NasBench201(), np.random.default_rng(0)
    path = tmp_path_factory.mktemp("benchmark") / "table.csv"
    rows = {space.text(one): one for one in (space.sample(rng) for _ in range(3000))}
    scores = {text: sum("conv" in op for op in one.values()) for text, one in rows.items()}
    path.write_text("arch_str,val,test\n" + "".join(f"{t},{s},{s / 2}\n" for t, s in scores.items()))
    return path


def benchmark(table: Path, out: Path, *more: str) -> int:
    options = ["--metric", "val", "--test", "test", "--seeds", "2", "--budget", "30", "--processes", "1"]
    return main(["benchmark", "--table", str(table), "--out", str(out), *options, *more])


def test_strategies_are_compared_and_nothing_is_run_twice(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert benchmark(table, tmp_path, "--strategies", "random,local-search") == 0
    assert "| local-search | 2 |" in capsys.readouterr().out
    first = (tmp_path / "summary.csv").read_text()
    assert [row["strategy"] for row in csv.DictReader(first.splitlines())] == ["random", "local-search"]
    assert {path.name for path in tmp_path.iterdir()} == {
        "runs.jsonl", "summary.csv", "summary.md", "curves.csv", "regret.svg", "ask_ms.svg"
    }  # fmt: skip
    kept = (tmp_path / "runs.jsonl").read_text()
    assert len(kept.splitlines()) == 4
    # Cut off while the last was written.
    (tmp_path / "runs.jsonl").write_text(kept[:-30])
    assert benchmark(table, tmp_path, "--strategies", "random,local-search") == 0
    again = (tmp_path / "summary.csv").read_text()
    lines = (tmp_path / "runs.jsonl").read_text().splitlines()
    assert len(lines) == 5, "the line that was cut off, and the run in its place"
    assert json.loads(lines[-1])["task"] == json.loads(kept.splitlines()[-1])["task"]
    columns = [{k: v for k, v in row.items() if "ask" not in k} for row in csv.DictReader(again.splitlines())]
    assert columns == [{k: v for k, v in row.items() if "ask" not in k} for row in csv.DictReader(first.splitlines())]


def test_what_counts_as_found_follows_the_values_of_the_table(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fractions = tmp_path / "fractions.csv"
    with table.open() as file:
        rows = [f"{row['arch_str']},{float(row['val']) / 600},0\n" for row in csv.DictReader(file)]
    fractions.write_text("arch_str,val,test\n" + "".join(rows))
    assert benchmark(fractions, tmp_path / "own", "--strategies", "random") == 0
    said = capsys.readouterr().out
    assert "found at a regret of 0.0001 (--near): 2% of the way from the table's median 0.00333333 to its best" in said
    assert "queries to ≤ 0.0001" in said
    assert benchmark(fractions, tmp_path / "given", "--strategies", "random", "--near", "0.004") == 0
    said = capsys.readouterr().out
    assert "(--near)" not in said and "queries to ≤ 0.004" in said


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--strategies", "anealing"), "there is no strategy 'anealing'; there are random, "),
        (("--metric", "accuracy"), "no column 'accuracy'"),
        (("--space", "darts"), "space 'darts' is neither a file nor a name"),
        (("--peers", "smac"), "there is no strategy 'smac'"),
        (("--strategies", ""), "nobody to compare"),
        (("--seeds", "0"), "nobody to compare"),
        (("--peers", "pymoo-ga", "--cost", "test"), "peer 'pymoo-ga' has one objective"),
    ],
)
def test_what_is_wrong_is_said(
    more: tuple[str, ...], words: str, table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert benchmark(table, tmp_path, *more) == 2
    assert words in capsys.readouterr().err


def test_a_table_that_has_next_to_nothing_of_the_space_is_refused(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    few = tmp_path / "few.csv"
    header, *rows = table.read_text().splitlines(keepends=True)
    few.write_text(header + "".join(rows[-500:]))
    assert benchmark(few, tmp_path, "--strategies", "random") == 2
    assert "few.csv has 0% of random architectures of nas-bench-201" in capsys.readouterr().err


def test_scores_come_from_a_second_table(table: Path, tmp_path: Path) -> None:
    scores = tmp_path / "scores.csv"
    with table.open() as file:
        scores.write_text(
            "arch_str,proxy_luck\n" + "".join(f"{row['arch_str']},{row['val']}\n" for row in csv.DictReader(file))
        )
    names = ["--strategies", "random,random:keep=5,zero-cost", "--scores", "proxy_luck", "--scored", "400"]
    assert benchmark(table, tmp_path / "out", "--table", str(scores), *names, "--budget", "8") == 0
    runs = [json.loads(line) for line in (tmp_path / "out" / "runs.jsonl").read_text().splitlines()]
    best = {
        (run["task"][0], run["task"][1]): [result and result["val"] for result in run["run"]["results"]] for run in runs
    }
    for seed in (0, 1):  # scores that tell the value itself: after five random ones the best come first
        by_score, judged = best["zero-cost", seed], best["random:keep=5", seed]
        assert by_score[5:] == sorted(by_score[5:], reverse=True) and judged[5:] == sorted(judged[5:], reverse=True)
        assert judged[5] == max(judged) == max(by_score)


def test_peers_and_several_objectives_and_workers(table: Path, tmp_path: Path) -> None:
    names = ["--strategies", "nsga2", "--peers", "pymoo-nsga2", "--processes", "1"]
    assert (
        benchmark(table, tmp_path, *names, "--cost", "test", "--workers", "4", "--seconds", "val", "--twins", "mean")
        == 0
    )
    rows = list(csv.DictReader((tmp_path / "summary.csv").open()))
    assert [row["strategy"] for row in rows] == ["nsga2", "pymoo-nsga2"]
    assert all(0 < float(row["hypervolume_share_worst"]) <= 1 for row in rows)
    assert (tmp_path / "hypervolume_share_median.svg").exists()
