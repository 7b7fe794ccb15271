from __future__ import annotations

import numpy as np

from nas_core.spaces.nas_bench_301 import NasBench301
from nas_trial.benchmark.surrogate import OP_CODES, encode

SPACE = NasBench301()


def test_the_codes_of_a_cell() -> None:
    normal = "normal=sep_conv_3x3~0+sep_conv_3x3~1|skip_connect~0+dil_conv_3x3~2|max_pool_3x3~1+avg_pool_3x3~3|"
    normal += "sep_conv_5x5~3+dil_conv_5x5~4"
    codes = encode(SPACE, SPACE.parse(f"{normal} {normal.replace('normal', 'reduce')}"))
    assert codes[:14] == [5, 5, 7, 0, 2, 0, 4, 0, 1, 0, 0, 0, 6, 3]
    assert codes[14:28] == codes[:14]
    assert codes[28:] == [2, 5, 10] * 2, "0_2 of 0_1, 0_2, 1_2; 1_3 of six; 3_4, the last of ten"


def test_there_are_always_34_and_each_tells() -> None:
    rng = np.random.default_rng(0)
    found = {tuple(encode(SPACE, SPACE.sample(rng))) for _ in range(200)}
    assert {len(codes) for codes in found} == {34}
    assert len(found) == 200
    assert sorted(OP_CODES.values()) == list(range(1, 8))
