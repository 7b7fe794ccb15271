"""What a card tells of a model and the data that it was trained on: for the bundle of a retraining, and for exports."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nas_model.bundle.format import ArchitectureFile, Manifest
from nas_model.preprocessing.forms import Preprocessing
from nas_trial.card.facts import CardFacts
from nas_trial.card.quality import quality_of
from nas_trial.data.examples import Examples
from nas_trial.work.judging import judging_split, split_facts


def facts_of(
    manifest: Manifest,
    architecture: ArchitectureFile,
    preprocessing: Preprocessing,
    examples: Examples,
    outputs: NDArray[np.float32],
    address: str,
    warnings: Sequence[str],
) -> CardFacts:
    """Return what the card of a trial's model tells.

    Args:
        manifest: of its bundle.
        architecture: of its bundle.
        preprocessing: of its bundle.
        examples: that it was trained on.
        outputs: the network's, for the examples that judge it (N, outputs).
        address: of its bundle.
        warnings: what was odd, for people.
    """
    judged, split = judging_split(examples)
    return CardFacts(
        title=manifest.origin.trial,
        address=address,
        manifest=manifest,
        architecture=architecture.candidate.text or str(architecture.candidate.architecture),
        preprocessing=preprocessing,
        splits=split_facts(examples),
        judged=judged,
        quality=quality_of(outputs, split.targets.cpu().numpy(), preprocessing.target),
        warnings=warnings,
        baseline=examples.baseline,
    )
