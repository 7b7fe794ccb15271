from __future__ import annotations

from pathlib import Path

from benchmarks.proxies.__main__ import write_scores

from nas_benchmark.table import read_table
from nas_core.spaces.nas_bench_201 import NasBench201


def test_the_table_is_written_with_the_scores_that_twins_share(tmp_path: Path) -> None:
    text = "|nor_conv_3x3~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|"
    twin = "|nor_conv_1x1~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|"
    path = tmp_path / "table.csv.gz"
    table = [
        {"arch_index": "3", "arch_str": text, "iso_rep": "3", "val": "90"},
        {"arch_index": "4", "arch_str": twin, "iso_rep": "3", "val": "91"},
    ]
    rows = {(3, name): {"score": score} for name, score in (("synflow", "12.5"), ("params", "7"))}
    write_scores(path, table, ["synflow", "params"], rows)
    space = NasBench201()
    read = read_table([path], space, ["val", "proxy_synflow", "proxy_params"], "raw")
    assert read.look_up(space.parse(text)) == {"val": 90, "proxy_synflow": 12.5, "proxy_params": 7}
    assert read.look_up(space.parse(twin)) == {"val": 91, "proxy_synflow": 12.5, "proxy_params": 7}
