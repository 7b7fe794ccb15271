from __future__ import annotations

from typing import get_args

import numpy as np
import pytest

from nas_core.api.space import SearchSpaceSpec
from nas_core.api.space_names import SpaceName
from nas_core.spaces import get_space
from nas_model.networks import build
from nas_model.networks.build import BUILDERS, build_network
from nas_model.signature import Signature, TableInput
from nas_trial.errors import CandidateRejected


def test_every_space_of_the_api_has_a_network() -> None:
    assert BUILDERS.keys() == set(get_args(SpaceName))


def test_a_space_without_a_network_is_rejected_and_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "BUILDERS", {name: entry for name, entry in BUILDERS.items() if name != "tabular"})
    spec = SearchSpaceSpec(name="tabular")
    architecture = get_space(spec).sample(np.random.default_rng(0))
    with pytest.raises(
        CandidateRejected, match="'tabular': this trainer has no network for it, only for bert, efficientnet"
    ):
        build_network(spec, architecture, Signature(2, table=TableInput(3)))
