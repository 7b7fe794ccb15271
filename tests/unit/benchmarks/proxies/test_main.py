from __future__ import annotations

from pathlib import Path

from benchmarks.proxies.__main__ import write_scores

from nas_benchmark.table import read_table
from nas_core.spaces.nas_bench_201 import NasBench201


def test_the_scores_are_a_table_that_is_joined_by_the_number_of_the_twins(tmp_path: Path) -> None:
    text = "|nor_conv_3x3~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|"
    twin = "|nor_conv_1x1~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|"
    table, scores = tmp_path / "table.csv", tmp_path / "scores.csv.gz"
    table.write_text(f"arch_index,arch_str,iso_rep,val\n3,{text},3,90\n4,{twin},3,91\n")
    rows = {(3, name): {"score": score} for name, score in (("synflow", "12.5"), ("params", "7"))}
    write_scores(scores, [3], ["synflow", "params"], rows)
    space = NasBench201()
    read = read_table([table, scores], space, ["val", "proxy_synflow", "proxy_params"], "raw")
    assert read.look_up(space.parse(text)) == {"val": 90, "proxy_synflow": 12.5, "proxy_params": 7}
    assert read.look_up(space.parse(twin)) == {"val": 91, "proxy_synflow": 12.5, "proxy_params": 7}
