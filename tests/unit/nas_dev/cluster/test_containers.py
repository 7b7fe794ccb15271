"""What containerd and its network plugin are told."""

import json
from pathlib import Path

from nas_dev.cluster.containers import cni_config, containerd_config

HERE = Path("/state/dev")


def test_containerd_writes_only_below_the_cluster() -> None:
    config = containerd_config(HERE)
    for setting in ("root", "state", "address", "conf_dir"):
        assert f'{setting} = "{HERE}/' in config
    assert "restrict_oom_score_adj = true" in config
    assert json.loads(cni_config(HERE))["plugins"][0]["ipMasq"] is False
