"""A bundle of a small table's model, which nobody has trained."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from torch import Tensor

from nas_core.api.space import SearchSpaceSpec
from nas_core.api.trial import CandidateSpec
from nas_core.spaces import get_space
from nas_model.bundle.contents import bundle_contents
from nas_model.bundle.format import ArchitectureFile, Manifest, Origin
from nas_model.networks.build import build_network
from nas_model.preprocessing.forms import CategoricalForm, ClassesForm, NumericForm, Preprocessing

PREPROCESSING = Preprocessing(
    task="tabular-classification",
    numeric=NumericForm(columns=("a", "b"), mean=(1.0, 2.0), deviation=(3.0, 4.0)),
    categorical=CategoricalForm(columns=(), categories=()),
    target=ClassesForm(kind="classes", names=("no", "yes")),
)


def write_bundle(folder: Path, weights: Mapping[str, Tensor] | None = None) -> Path:
    """Write it into a new folder, which is returned; ``weights`` in place of the network's."""
    space = SearchSpaceSpec(name="tabular", width=8)
    architecture = get_space(space).sample(np.random.default_rng(1))
    network = build_network(space, architecture, PREPROCESSING.signature)
    origin = Origin(
        namespace="team", search="s", search_uid="uid", trial="s-0", index=0, attempt=1, seed=1, data_seed=2
    )
    contents = bundle_contents(
        Manifest(task="tabular-classification", metrics={"test_accuracy": 0.5}, origin=origin, files=[]),
        ArchitectureFile(
            space=space, candidate=CandidateSpec(id="one", architecture=architecture, text="text", origin="Random")
        ),
        PREPROCESSING,
        network.state_dict() if weights is None else weights,
        {},
    )
    folder.mkdir()
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return folder
