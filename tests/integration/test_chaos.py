"""The short form of `make chaos`: a few faults, once each, on small searches."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.chaos.faults import FAULTS
from tests.chaos.play import perform, stage

from nas_dev.cluster.embedded import Cluster

pytestmark = pytest.mark.cluster


@pytest.mark.parametrize("name", [name for name, fault in FAULTS.items() if fault.short])
def test_a_disturbed_search_keeps_its_promises(name: str, cluster: Cluster, tmp_path: Path) -> None:
    with stage(cluster, tmp_path, seed=1) as play:
        outcome = perform(play, FAULTS[name].inject, FAULTS[name].hits, trials=12)
        assert not outcome.wrong, play.operator.tail()
