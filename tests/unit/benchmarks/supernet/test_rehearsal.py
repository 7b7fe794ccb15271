"""The rehearsal: every way is tried, the fastest is first, and a step that does not learn is told."""

import numpy as np
import pytest
import torch
from benchmarks.supernet import rehearsal
from benchmarks.supernet.architectures import choose
from benchmarks.supernet.images import Images, Split

ARCHITECTURES = [one.architecture for one in choose(2, 1, seed=0)]
CPU = torch.device("cpu")


@pytest.fixture
def images(monkeypatch: pytest.MonkeyPatch) -> Images:
    """Return images whose classes are random, where a GPU's part is played by the CPU."""
    monkeypatch.setattr(torch.cuda, "synchronize", lambda: None)
    rng = np.random.default_rng(0)
    x = torch.from_numpy(rng.standard_normal((24, 28, 28, 1), dtype=np.float32))
    split = Split(x, torch.from_numpy(rng.integers(10, size=24)))
    return Images(split, split, split)


def test_every_way_is_tried_and_the_fastest_is_first(images: Images, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rehearsal, "LEARNED", 0.0)
    paces = rehearsal.rehearse(ARCHITECTURES, images, 8, CPU)
    assert {(pace.dtype, pace.lanes) for pace in paces} == {
        (dtype, lanes) for dtype in rehearsal.DTYPES for lanes in rehearsal.LANES
    }
    speeds = [pace.steps_per_s for pace in paces]
    assert speeds == sorted(speeds, reverse=True)


def test_a_step_that_does_not_learn_is_told(images: Images, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rehearsal, "LEARNED", 1.1)
    with pytest.raises(RuntimeError, match="after 40 recorded steps"):
        rehearsal.rehearse(ARCHITECTURES, images, 8, CPU, [torch.float32])
