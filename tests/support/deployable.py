"""Small networks of every task, with the preprocessing that they would have, and raw inputs as people have them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from nas_core.api.space import SearchSpaceSpec
from nas_core.spaces import get_space
from nas_model.networks.build import build_network
from nas_model.networks.head import head_in_float32
from nas_model.preprocessing.forms import (
    AudioForm,
    CategoricalForm,
    ClassesForm,
    ImageForm,
    NumbersForm,
    NumericForm,
    Preprocessing,
    SeriesForm,
    TextForm,
)
from nas_trial.exporting.deployed import DeployedNetwork, Raw
from nas_trial.exporting.source import Source

THREE = ClassesForm(kind="classes", names=("a", "b", "c"))
IMAGE = ImageForm(channels=3, height=16, width=16, type="uint8", size=16, mean=(100, 110, 120), deviation=(50, 60, 70))
TEXT = TextForm(length=12, words=tuple(f"w{n}" for n in range(30)))
NUMERIC = NumericForm(columns=("age", "income"), mean=(40.0, 3000.0), deviation=(12.0, 800.0))
CATEGORICAL = CategoricalForm(columns=("city",), categories=(("Rom", "Ulm", "Kiel"),))


@dataclass(frozen=True)
class Deployable:
    """A task."""

    space: Mapping[str, Any]
    parts: Mapping[str, Any]
    """Of the preprocessing."""
    target: ClassesForm | NumbersForm = THREE

    @property
    def preprocessing(self) -> Preprocessing:
        return Preprocessing(task="any", target=self.target, **self.parts)

    def network(self, seed: int = 3) -> DeployedNetwork:
        """Return a network of random weights; its normalisations have seen some examples."""
        torch.manual_seed(seed)
        spec = SearchSpaceSpec.model_validate(self.space)
        architecture = get_space(spec).sample(np.random.default_rng(seed))
        network = build_network(spec, architecture, self.preprocessing.signature)
        head_in_float32(network, self.preprocessing.outputs)
        deployed = DeployedNetwork(network, self.preprocessing)
        with torch.no_grad():
            deployed.train()(*(torch.from_numpy(values) for values in self.raw(16).values()))
        return deployed.eval().requires_grad_(False)

    def raw(self, examples: int, seed: int = 5) -> Raw:
        """Return raw inputs: numbers in their units, some of them missing."""
        rng, form = np.random.default_rng(seed), self.preprocessing
        found: dict[str, np.ndarray] = {}
        if form.image:
            image = (examples, form.image.channels, form.image.height, form.image.width)
            found["image"] = rng.integers(0, 256, image).astype(np.uint8)
        if form.text:
            found["text"] = rng.integers(1, 30, (examples, form.text.length))
            found["text"][::2, form.text.length // 2 :] = 0
        if form.audio:
            found["audio"] = rng.uniform(-0.5, 0.5, (examples, form.audio.samples)).astype(np.float32)
        if form.series:
            series = (examples, form.series.channels, form.series.steps)
            found["series"] = 10 + 3 * rng.normal(size=series)
            found["series"][:, 0, :2] = np.nan
        if form.numeric:
            found["numeric"] = np.array([40.0, 3000.0]) + np.array([12.0, 800.0]) * rng.normal(size=(examples, 2))
            found["numeric"][0, 1] = np.nan
        if form.categorical:
            found["categorical"] = rng.integers(0, 4, (examples, 1))
        return found

    def source(self) -> Source:
        """Return what exporters start from."""
        return Source(self.network(), [self.raw(16), self.raw(16, seed=6)])


DEPLOYABLE: Mapping[str, Deployable] = {
    "image": Deployable({"width": 4, "depth": 1}, {"image": IMAGE}),
    "tiny": Deployable({"name": "tiny", "width": 4}, {"image": IMAGE}),
    "mobilenet": Deployable({"name": "mobilenet", "width": 4}, {"image": IMAGE}),
    "text": Deployable({"name": "text-transformer", "width": 8, "depth": 1}, {"text": TEXT}),
    "speech": Deployable(
        {"name": "speech-cnn-rnn", "width": 8, "depth": 1}, {"audio": AudioForm(rate=8000, samples=4000)}
    ),
    "series": Deployable(
        {"name": "speech-cnn-rnn", "width": 8, "depth": 1},
        {"series": SeriesForm(channels=2, steps=24, mean=(10.0, 10.0), deviation=(3.0, 3.0))},
    ),
    "table": Deployable({"name": "tabular", "width": 16}, {"numeric": NUMERIC, "categorical": CATEGORICAL}),
    "regression": Deployable(
        {"name": "tabular", "width": 16},
        {"numeric": NUMERIC, "categorical": CATEGORICAL},
        # Seconds since 1970: 32 bits do not hold their differences.
        NumbersForm(columns=("arrival", "weight"), mean=(1.7e9, 5.0), deviation=(60.0, 2.0)),
    ),
    "multi-modal": Deployable(
        {"name": "multi-modal", "width": 8, "depth": 1},
        {"image": IMAGE, "text": TEXT, "numeric": NUMERIC, "categorical": CATEGORICAL},
    ),
}
