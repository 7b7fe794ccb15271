"""What a card tells, gathered from all that is known of a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from nas_core.api.trial import Baseline
from nas_model.bundle.format import Manifest
from nas_model.preprocessing.forms import Preprocessing
from nas_trial.card.quality import Quality


@dataclass(frozen=True)
class SplitFacts:
    """A split of the data."""

    name: str
    """train, val or test."""
    examples: int
    by_class: Sequence[int] = ()
    """Examples of each class, or with each label; empty of a regression."""


@dataclass(frozen=True)
class ExportFacts:
    """A file of another format, as it was found by running it."""

    about: str
    file: str
    bytes: int
    difference: float
    """The largest of any output, from the network's."""
    metrics: Mapping[str, float]
    """On the judged split, names without prefix."""
    latency_ms: float


@dataclass(frozen=True)
class CardFacts:
    """All of it."""

    title: str
    address: str
    """Of the bundle, for the lines that load it."""
    manifest: Manifest
    architecture: str
    preprocessing: Preprocessing
    splits: Sequence[SplitFacts]
    judged: str
    """The split whose examples `quality` is of: test, or val where there is no test split."""
    quality: Quality
    network: ExportFacts | None = None
    """The network itself, run with PyTorch; None: there are no exports to compare it with."""
    exports: Sequence[ExportFacts] = ()
    warnings: Sequence[str] = ()
    """What was odd about data and training, and which exports there are not."""
    baseline: Sequence[Baseline] = ()
    """What simple models reach on the same splits, if that is known."""
    lineage: Mapping[str, str] = field(default_factory=dict)
    """Beside what the manifest says."""
